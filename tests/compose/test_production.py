"""The files for real users: several processes, JSON in the log, a proxy with TLS in front, no source mounted."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.compose.stack import Stack, run
from tests.forms import send_form
from tests.waiting import wait_until

FILES = ("docker-compose.yml", "docker-compose.prod.yml")
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.compose


@pytest.fixture(scope="module")
def stack(copy: Path) -> Iterator[Stack]:
    """The stack in production, as if behind one proxy, whose part the test plays."""
    stack = Stack(copy, *FILES, TRUSTED_PROXIES="1")
    for name in ("dockr/.env.bak", "project/.env.local"):
        shutil.copy(copy / "dockr/.env", copy / name)
    with stack.up():
        yield stack


def lines(stack: Stack, service: str) -> list[str]:
    """What the container's processes wrote."""
    text = stack.compose("logs", "--no-color", service)
    return [line.partition("| ")[2] for line in text.splitlines() if "| " in line]


class TlsProxy(HTTPAdapter):
    """Makes of each request, also one that follows a redirect, what comes through a proxy with TLS: with cookies that travel over https only."""

    def __init__(self, browser: requests.Session) -> None:
        super().__init__()
        self._browser = browser

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send the request with the proxy's word that it was https."""
        request.headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._browser.cookies)
        request.headers["Referer"] = str(request.url).replace("http://", "https://")
        request.headers["X-Forwarded-Proto"] = "https"
        # As nginx asks a site, unless it is told to keep connections: on a kept one a request may cross its end, which gunicorn sets after two idle seconds.
        request.headers["Connection"] = "close"
        return super().send(request, *arguments, **options)


def test_nothing_of_the_host_is_mounted(stack: Stack) -> None:
    mounts = [mount for service in ("db", "mq", "web", "worker") for mount in stack.container(service)["Mounts"]]

    assert [mount for mount in mounts if mount["Type"] == "bind"] == []


def test_everything_is_started_again_whatever_ends_it(stack: Stack) -> None:
    policies = {stack.container(service)["HostConfig"]["RestartPolicy"]["Name"] for service in ("db", "mq", "web", "worker")}

    assert policies == {"always"}


def test_the_limits_of_memory_fit_into_2_gb(stack: Stack) -> None:
    limits = [stack.container(service)["HostConfig"]["Memory"] for service in ("db", "mq", "web", "worker")]

    assert all(limits)
    assert sum(limits) <= 1.75 * 1024**3


def test_the_site_and_its_workers_run_as_somebody_who_may_nothing(stack: Stack) -> None:
    for service in ("web", "worker"):
        assert stack.compose("exec", "-T", service, "python", "-c", "import os; print(os.getuid() != 0, os.access('/app', os.W_OK))").split() == [
            "True",
            "False",
        ]


@pytest.mark.parametrize("service", ["web", "worker"])
def test_each_line_of_the_log_is_json(stack: Stack, service: str) -> None:
    said = [json.loads(line) for line in lines(stack, service)]

    assert all({"timestamp", "level", "message"} <= set(line) for line in said)


def test_somebody_logs_in_over_https(stack: Stack) -> None:
    stack.flask("accounts", "create-superuser", "prompter", typed=PASSWORD + "\n")
    stack.browser.mount("http://", TlsProxy(stack.browser))

    stack.post("/accounts/login", form_at="/accounts/login", username="prompter", password=PASSWORD)

    assert "Hello, prompter" in stack.get("/")
    assert {cookie.secure for cookie in stack.browser.cookies} == {True}


def test_a_lecture_that_registers_at_once_ends_no_process_for_want_of_memory(stack: Stack) -> None:
    url = stack.url

    def register(number: int) -> None:
        browser = requests.Session()
        browser.mount("http://", TlsProxy(browser))
        send_form(browser, url, "/accounts/register", "/accounts/register", username=f"student-{number}", password=PASSWORD, repeat=PASSWORD)

    with ThreadPoolExecutor(24) as students:
        list(students.map(register, range(120)))

    assert "SIGKILL" not in stack.compose("logs", "--no-color", "web")


def test_no_secret_is_in_the_image(stack: Stack) -> None:
    image = stack.container("web")["Image"]

    assert run("docker", "run", "--rm", "--entrypoint=find", image, "/app", "-name", ".env*").strip() == ""
    assert "9da3d8c6" not in run("docker", "history", "--no-trunc", image)


def test_a_worker_process_that_dies_ends_its_container_which_is_started_again(stack: Stack) -> None:
    started = stack.container("worker")["State"]["StartedAt"]

    stack.kill_a_worker_process()

    wait_until(lambda: stack.container("worker")["State"]["StartedAt"] != started, within=60, every=0.5)
    wait_until(stack.is_healthy, within=120, every=1)


def test_a_stop_is_in_order(stack: Stack) -> None:
    stack.compose("stop", "web", "worker")

    assert [stack.container(service)["State"]["ExitCode"] for service in ("web", "worker")] == [0, 0]
