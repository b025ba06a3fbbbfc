"""A site in processes of its own, as an operator starts it, and a browser at it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from project.settings import GITLAB_PARTS, OIDC_PARTS, POSTGRES_PARTS, RABBITMQ_PARTS
from tests.apps import SECRET
from tests.forms import is_ready, send_form
from tests.place import free_port
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

OTHER_SETTINGS = (
    "DATABASE_URL",
    "BROKER_URL",
    "RABBITMQ_QUEUE_TYPE",
    "CALLBOARD_ENV",
    "ALERT_WEBHOOK_URL",
    "RABBITMQ_MANAGEMENT_URL",
    "METRICS_TOKEN",
    "TRUSTED_PROXIES",
    "TRUSTED_HOSTS",
    "MAX_BODY_BYTES",
    "SESSION_IDLE_MINUTES",
    "SESSION_HOURS",
    "REMEMBER_DAYS",
    "REGISTRATION",
    "RESULTS_RETENTION_DAYS",
    "SECOND_FACTOR",
)


class Site:
    """A site on servers and processes of its own, and its superuser's browser."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.browser = requests.Session()
        self._folder = folder
        # Blank is as good as unset, and hides what the developer's own .env says: no test may reach a server of theirs.
        blank = dict.fromkeys((*POSTGRES_PARTS, *RABBITMQ_PARTS, *GITLAB_PARTS, *OIDC_PARTS, *OTHER_SETTINGS), "")
        self._environment = os.environ | blank | {"SECRET_KEY": SECRET, "PORT": str(self.port)} | environment

    def set(self, **environment: str) -> None:
        """Change settings, for the programs that are started from now on."""
        self._environment = self._environment | environment

    @property
    def environment(self) -> dict[str, str]:
        """What its programs are started with."""
        return dict(self._environment)

    def flask(self, *arguments: str, typed: str = "") -> str:
        """What a `flask` command prints."""
        done = self.run("flask", *arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """A program that ends by itself, and what it printed."""
        return subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, env=self._environment, input=typed, capture_output=True, text=True, timeout=PATIENCE)

    @contextmanager
    def serving(self, module: str = "project.wsgi") -> Iterator[None]:
        """The web process, ready, for as long as the block runs."""
        with self.running("gunicorn", "--config", "dockr/gunicorn.conf.py", f"{module}:app", end=signal.SIGINT):
            wait_until(self.is_ready)
            yield

    @contextmanager
    def running(self, *command: str, end: signal.Signals = signal.SIGTERM) -> Iterator[None]:
        """A program for as long as the block runs; it must end in order on a signal, which like Ctrl-C goes to its whole group if it is SIGINT."""
        with self.log(command[0]).open("ab") as log:
            process = subprocess.Popen([BIN / command[0], *command[1:]], cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
            if end == signal.SIGINT:
                os.killpg(process.pid, end)
            else:
                process.send_signal(end)
            assert process.wait(timeout=PATIENCE) == 0, self.log(command[0]).read_text()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self, program: str) -> Path:
        """Where a program's output goes."""
        return self._folder / f"{program}.log"

    def is_ready(self) -> bool:
        """Whether the site says so."""
        return is_ready(self.url)

    def post(self, path: str, form_at: str, **typed: str) -> requests.Response:
        """Send a form as a browser does, with the token of the page it stands on."""
        return send_form(self.browser, self.url, path, form_at, **typed)
