"""The site's programs under a supervisor, as docs/running.md asks for, and ways to harm their processes."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.site import ROOT

END_SECONDS = 60.0
"""How long a program may take to end in order where nothing else is promised."""
SHOWN = 20_000
"""Characters of the log of a program that did not end."""


class Supervised:
    """A program that is started again whenever it ends by itself, in a session of its own; what it prints goes to `log`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._command = list(command)
        self._environment = {**environment, "PYTHONFAULTHANDLER": "1"}
        self._log = log
        self._lock = threading.Lock()
        self._ending = False
        self.killed = False
        self._started: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._start()
        self._thread.start()

    @property
    def pid(self) -> int:
        """The process that was started last."""
        return self._started[-1].pid

    @property
    def starts(self) -> int:
        """How often it was started."""
        return len(self._started)

    def log(self) -> str:
        """All that it has printed, in all its lives."""
        return self._log.read_text(errors="replace")

    def has_said(self, words: str, times: int) -> bool:
        """Whether the words stand in its log so often."""
        return self.log().count(words) >= times

    def children(self) -> list[int]:
        """The processes below the one that was started last; none if it has just ended."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except FileNotFoundError:
            return []

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """None of its processes does anything while the block runs."""
        os.killpg(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End all of it at once, as when its machine fails; it is not started again."""
        self._end()
        self.killed = True
        for process in self._started:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        self._thread.join()

    def stop(self, within: float = END_SECONDS) -> int:
        """End it in order, and with it what an earlier life left behind; its exit code. It must not take longer than `within` seconds."""
        self._end()
        for earlier in self._started[:-1]:
            _signal_group(earlier.pid, signal.SIGTERM)
        last = self._started[-1]
        last.send_signal(signal.SIGTERM)
        try:
            return last.wait(within)
        except subprocess.TimeoutExpired:
            # What each of its threads is at stands in the log then, but for gunicorn's own children, which end without a word.
            _signal_group(last.pid, signal.SIGABRT)
            last.wait()
            raise AssertionError(f"{self._command} has not ended within {within} s:\n{self.log()[-SHOWN:]}") from None

    def _end(self) -> None:
        with self._lock:
            self._ending = True

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._started.append(subprocess.Popen(self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True))

    def _keep(self) -> None:
        while True:
            self._started[-1].wait()
            with self._lock:
                if self._ending:
                    return
                self._start()


def _signal_group(group: int, how: signal.Signals) -> None:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return
