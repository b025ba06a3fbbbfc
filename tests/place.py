"""Programs in a temporary folder of their own: started as an unprivileged user, ended for certain, gone without a trace."""

import os
import pwd
import random
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.waiting import PATIENCE, wait_until

PORTS_OF_A_PROCESS = 3000
"""Tests run in up to four processes, each with ports of its own."""


class Place:
    """A temporary folder, and the programs that run in it; when we are root, as the unprivileged `user` if one is named, for servers that refuse root."""

    def __init__(self, name: str, user: str | None = None) -> None:
        account = _account(user) if user and os.geteuid() == 0 else None
        self._user = account.pw_uid if account else None
        self._group = account.pw_gid if account else None
        self._extra_groups: list[int] | None = [] if account else None
        self.folder = Path(tempfile.mkdtemp(prefix=f"callboard-{name}-"))
        self.own(self.folder)
        self.log = self.write("output.log", "")

    def own(self, path: Path) -> None:
        """Give `path` to the user whose programs run here."""
        if self._user is not None and self._group is not None:
            os.chown(path, self._user, self._group)

    def write(self, name: str, content: str) -> Path:
        """A file in the folder, readable for its programs."""
        path = self.folder / name
        path.write_text(content)
        self.own(path)
        return path

    def start(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program that stays; what it prints goes to the log.

        It has a session of its own, so that a Ctrl-C at the terminal is for the tests alone, which then end it.
        """
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={**_clean_environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> str:
        """What a program that ends by itself prints; RuntimeError with all of it when it fails."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**_clean_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            user=self._user,
            group=self._group,
            extra_groups=self._extra_groups,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}")
        return done.stdout

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        # A program just killed may leave a child that still writes for a moment.
        wait_until(self._removed)

    def _removed(self) -> bool:
        # A hundred databases take seconds; as a program with a session of its own it goes on when we are interrupted.
        subprocess.Popen(["rm", "-rf", self.folder], stderr=subprocess.DEVNULL, start_new_session=True).wait()
        return not self.folder.exists()


def free_port() -> int:
    """A port of the loopback interface that nobody uses, nor another process of the same test run is about to.

    Taken from below those that the system gives to outgoing connections (32768 and up on Linux), or one of them would take it while a server is stopped.
    """
    first = 20000 + PORTS_OF_A_PROCESS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        # Not the common generator, which hypothesis seeds alike in every process.
        port = random.SystemRandom().randrange(first, first + PORTS_OF_A_PROCESS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def pause_process(process: subprocess.Popen[bytes]) -> None:
    """Freeze a process; returns when none of its threads runs any more, which on a busy machine may be some milliseconds after the signal."""
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: _states(process.pid) == {"T"}, every=0.001)


def _states(pid: int) -> set[str]:
    """The states of a process's threads as Linux has them: T for one that is stopped. A thread that ends meanwhile counts as none of them."""
    states = set()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            states.add((thread / "stat").read_text().rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            states.add("")
    return states


def end_process(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Signal a process, paused or not, and wait for its end; what doesn't end in time is killed."""
    process.send_signal(how)
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_on_sigterm() -> None:
    """Make SIGTERM end this run as Ctrl-C does: by default Python stops dead and leaves the servers behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return pwd.getpwnam("nobody")


def _clean_environment() -> dict[str, str]:
    """Our environment without what would point the programs at another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "RABBITMQ_", "ERL_"))}
