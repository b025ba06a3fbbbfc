"""The stack in containers, from a copy of this checkout that tests may edit."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.forms import send_form
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ("docker-compose",) if shutil.which("docker-compose") else ("docker", "compose")
LONG = 900
"""Seconds that building and starting may take."""


def run(*command: str, cwd: Path = ROOT, typed: str = "", within: float = 120) -> str:
    """What a program that ends by itself prints; AssertionError with all of it when it fails."""
    done = subprocess.run(command, cwd=cwd, input=typed, capture_output=True, text=True, timeout=within)
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Stack:
    """The services of one project of docker-compose, and a superuser's browser at the first web container."""

    def __init__(self, folder: Path, *files: str, **environment: str) -> None:
        """Copy what git knows or would add into `folder`; `files` are compose files, none for those that docker-compose picks up by itself."""
        self.folder = folder
        self.browser = requests.Session()
        self._arguments = [part for file in files for part in ("-f", file)]
        for name in run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        shutil.copy(folder / "dockr/.env.example", folder / "dockr/.env")
        self.set(**environment)

    def set(self, **environment: str) -> None:
        """Change `dockr/.env`; containers see it when they are made anew."""
        path = self.folder / "dockr/.env"
        kept = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in environment]
        path.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in environment.items())]) + "\n")

    def compose(self, *arguments: str, typed: str = "", within: float = LONG) -> str:
        """What a command of docker-compose prints."""
        return run(*COMPOSE, *self._arguments, *arguments, cwd=self.folder, typed=typed, within=within)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Built, started and healthy for as long as the block runs; afterwards nothing is left, no container, no volume, no image."""
        try:
            self.compose("up", "-d", "--build")
            try:
                wait_until(self.is_healthy, within=LONG, every=1)
            except AssertionError as fault:
                raise AssertionError(self.compose("logs", "--no-color", "--tail", "50")) from fault
            yield
        finally:
            self.compose("down", "--volumes", "--rmi", "local", "--remove-orphans")

    def flask(self, *arguments: str, typed: str = "") -> str:
        """What a `flask` command in the web container prints."""
        return self.compose("exec", "-T", "web", "flask", *arguments, typed=typed)

    def sql(self, statement: str) -> list[list[str]]:
        """The rows of a statement, asked in the database's container."""
        command = f'psql --quiet --no-align --tuples-only --field-separator="|" -U $POSTGRES_USER -d $POSTGRES_DB -c "{statement}"'
        return [line.split("|") for line in self.compose("exec", "-T", "db", "sh", "-c", command).splitlines()]

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What the engine knows of a service's containers, running or not, in the order of their numbers."""
        ids = self.compose("ps", "--all", "--quiet", service).split()
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *ids)) if ids else []
        return sorted(found, key=lambda each: str(each["Name"]))

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's only container."""
        (found,) = self.containers(service)
        return found

    def health(self, service: str) -> list[str]:
        """`healthy`, `starting` or `unhealthy`, or why it doesn't run, of each container."""
        return [each["State"]["Health"]["Status"] if each["State"]["Running"] else each["State"]["Status"] for each in self.containers(service)]

    def is_healthy(self, **containers: int) -> bool:
        """Whether so many containers of each service are healthy; without any named, whether one of each of the four is."""
        return all(self.health(service) == ["healthy"] * count for service, count in (containers or dict.fromkeys(("db", "mq", "web", "worker"), 1)).items())

    def kill(self, service: str) -> None:
        """SIGKILL the first process of the service's only container, as the kernel does when memory runs out.

        `docker kill` would also keep it from being restarted.
        """
        container = self.container(service)
        killer = ("docker", "run", "--rm", "--pid=host", "--user=0", "--entrypoint=python", self.container("web")["Image"])
        run(*killer, "-c", f"import os; os.kill({container['State']['Pid']}, 9)")

    def kill_a_worker_process(self) -> None:
        """SIGKILL one of the processes that work messages, in the only worker container, and leave the container's first process alone."""
        self.compose("exec", "-T", "worker", "sh", "-c", "kill -9 $(ls /tmp/callboard-workers-* | head -n 1 | cut -d . -f 1)")

    @property
    def url(self) -> str:
        """Where the first web container is reached."""
        return f"http://127.0.0.1:{self.compose('port', 'web', '8000').rpartition(':')[2].strip()}"

    def get(self, path: str) -> str:
        """A page's text; the words of the failure if there is none."""
        try:
            return self.browser.get(self.url + path, timeout=10).text
        except requests.RequestException as fault:
            return str(fault)

    def post(self, path: str, form_at: str, **typed: str) -> requests.Response:
        """Send a form as a browser does."""
        return send_form(self.browser, self.url, path, form_at, **typed)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file of the copy."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} has no {old}"
        file.write_text(text.replace(old, new))
