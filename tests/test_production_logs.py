"""In production, whatever the site's programs print is JSON, one object a line: real processes, every line of both outputs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from dramatiq import Message

from project.settings import ROOT
from tests.apps import close, make_app
from tests.servers import RabbitServer
from tests.site import Site
from tests.waiting import wait_until
from workers.broker import broker_of

KEYS = {"timestamp", "level", "logger", "message"}
READY = "Worker process is ready for action"


def objects(printed: str) -> list[dict[str, Any]]:
    """The lines of a program's output, each of which must be a JSON object with what every line has."""
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line for line in lines if not line.keys() >= KEYS] == []
    return lines


@pytest.fixture
def broker_url(rabbit: RabbitServer) -> str:
    """A RabbitMQ of the test's own."""
    return rabbit.create_vhost()


@pytest.fixture
def site(postgres_url: str, broker_url: str, tmp_path: Path) -> Site:
    """A site in production, with its tables."""
    return Site(tmp_path, CALLBOARD_ENV="production", DATABASE_URL=postgres_url, BROKER_URL=broker_url)


@pytest.fixture
def bad_message(postgres_url: str, broker_url: str) -> Message[None]:
    """A message whose actor refuses it, in its queue behind one for an actor that nobody knows."""
    app = make_app(postgres_url, broker_url=broker_url)
    message = Message[None]("numbers", "generate_random_number", ("not an id",), {}, {})
    for each in (Message[None]("numbers", "nobody", (), {}, {}), message):
        broker_of(app).enqueue(each)
    close(app)
    return message


def test_every_line_of_gunicorn_and_of_the_site_in_it_is_json(site: Site) -> None:
    with site.serving():
        requests.get(f"{site.url}/tasks/?token=a-secret", headers={"X-Request-ID": "from-a-proxy"}, timeout=30, allow_redirects=False)

    printed = site.log("gunicorn").read_text()
    lines = objects(printed)
    (answered,) = [line for line in lines if line.get("request") == "from-a-proxy"]
    assert (answered["method"], answered["route"], answered["status"]) == ("GET", "/tasks/", 302)
    assert "Starting gunicorn" in " ".join(line["message"] for line in lines if line["logger"] == "gunicorn.error")
    assert "a-secret" not in printed


def test_every_line_of_dramatiqs_master_and_of_its_workers_is_json(site: Site, bad_message: Message[None]) -> None:
    log = site.log("python")

    with site.running("python", "-m", "workers", "-p", "2", "-t", "2"):
        wait_until(lambda: '"outcome":"failed"' in log.read_text() and log.read_text().count(READY) == 2)

    lines = objects(log.read_text())
    assert {"dramatiq.MainProcess", "dramatiq.WorkerProcess(0)", "dramatiq.WorkerProcess(1)"} <= {line["logger"] for line in lines}
    (worked,) = [line for line in lines if line["message"] == "worked"]
    assert (worked["message_id"], worked["actor"], worked["attempt"], worked["outcome"]) == (
        bad_message.message_id,
        "generate_random_number",
        1,
        "failed",
    )
    assert any("Traceback" in line.get("exc_info", "") for line in lines)


def test_under_dramatiqs_own_command_each_worker_logs_in_json(site: Site) -> None:
    log = site.log("dramatiq")

    with site.running("dramatiq", "workers.main", "-p", "2", "-t", "2"):
        wait_until(lambda: log.read_text().count(READY) == 2)

    # What Dramatiq logs before a worker imports the site, and its master, which never does, comes in Dramatiq's own format.
    lines = objects("\n".join(line for line in log.read_text().splitlines() if not line.startswith("[")))
    assert [line["message"] for line in lines].count(f"{READY}.") == 2


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("import warnings; warnings.warn('worn out', DeprecationWarning)", "worn out"),
        ("import threading; threading.Thread(target=lambda: 1 / 0).start()", "ZeroDivisionError"),
        ("Odd = type('Odd', (), {'__del__': lambda odd: 1 / 0}); Odd()", "ZeroDivisionError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
    ids=["a warning", "a thread that fails", "an object that fails when it goes", "a program that fails"],
)
def test_what_python_itself_would_print_is_json_too(fault: str, said: str) -> None:
    program = f"from project import logs; logs.configure(production=True); {fault}"

    done = subprocess.run([sys.executable, "-W", "always", "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    (line,) = objects(done.stdout + done.stderr)
    assert said in line["message"] + line.get("exc_info", "")


def test_in_development_lines_are_for_people(tmp_path: Path, postgres_url: str) -> None:
    site = Site(tmp_path, DATABASE_URL=postgres_url)

    with site.serving():
        requests.get(f"{site.url}/healthz", timeout=30)

    printed = site.log("gunicorn").read_text()
    assert "gunicorn.error [-] Starting gunicorn" in printed
    assert "answered method=GET route=/healthz status=200 " in printed


def test_what_says_https_is_believed_by_the_setting_alone(tmp_path: Path, postgres_url: str) -> None:
    told = {}
    for proxies in ("0", "1"):
        site = Site(tmp_path, CALLBOARD_ENV="production", DATABASE_URL=postgres_url, TRUSTED_PROXIES=proxies)
        with site.serving():
            answer = requests.get(f"{site.url}/healthz", headers={"X-Forwarded-Proto": "https"}, timeout=30)
        told[proxies] = "Strict-Transport-Security" in answer.headers

    assert told == {"0": False, "1": True}
