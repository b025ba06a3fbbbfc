"""A command under a parent's eye: its time, its output, and its end."""

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from checker.sandbox.base import MIB, Limits, Outcome

CHUNK = 64 * 1024
TICK = 0.1
"""Seconds between two looks at what a job uses."""
FLOOD = 64
"""How many times the output that is kept a job may write."""
REPORT_LIMIT = 32 * MIB
GRACE = 2.0
"""Seconds for the last output of a job whose processes were all killed."""

Look = Callable[[int], str | None]
"""Given the command's process, which limit it broke, in words, or None."""


@dataclass(frozen=True)
class Start:
    """A command line as the kernel gets it."""

    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    stdin: bytes = b""
    report: bool = False
    inherited: Sequence[int] = ()
    user: int | None = None
    """The user and group to become; None is to stay."""


class Kept:
    """The beginning and the end of what is written, never more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.head = limit - limit // 2
        self.tail = limit // 2
        self.written = 0
        self._first = bytearray()
        self._last = bytearray()

    def add(self, data: bytes) -> None:
        """Take what was written next."""
        self.written += len(data)
        room = self.head - len(self._first)
        self._first += data[:room]
        self._last += data[room:]
        if len(self._last) > self.tail + CHUNK * 4:
            del self._last[: -self.tail or None]

    def text(self) -> str:
        """All of it as text, with a line in place of what was left out."""
        last = self._last[-self.tail :] if self.tail else b""
        lost = self.written - len(self._first) - len(last)
        between = f"\n… {lost:,} bytes of output are left out here …\n".encode() if lost else b""
        return bytes(self._first + between + last).decode(errors="replace")


@dataclass
class Run:
    """A command that runs: what it wrote so far, and what broke it."""

    process: subprocess.Popen[bytes]
    limits: Limits
    look: Look
    output: Kept
    report: bytearray = field(default_factory=bytearray)
    broken: str | None = None

    def watch(self, selector: selectors.BaseSelector, deadline: float) -> None:
        """Read what it writes until it ends or breaks a limit."""
        next_look = time.monotonic() + TICK
        while self.broken is None and self.process.poll() is None:
            for key, _ in selector.select(max(0.0, min(next_look, deadline) - time.monotonic())):
                if key.data is not None:
                    self._read(selector, key)
            now = time.monotonic()
            if now >= deadline:
                self.note(f"time: it ran for more than {self.limits.wall:g} s")
            elif now >= next_look:
                self.note(self.look(self.process.pid))
                next_look = time.monotonic() + TICK

    def drain(self, selector: selectors.BaseSelector) -> None:
        """Read what is left in the pipes of a command whose processes are gone."""
        deadline = time.monotonic() + GRACE
        while any(key.data is not None for key in selector.get_map().values()) and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if key.data is not None:
                    self._read(selector, key)
                else:
                    selector.unregister(key.fileobj)

    def _read(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, CHUNK)
        if not data:
            selector.unregister(key.fileobj)
        elif key.data == "report":
            self.report += data[: REPORT_LIMIT - len(self.report)]
            if len(self.report) >= REPORT_LIMIT:
                self.note("report: it wrote more than any honest run does")
        else:
            self.output.add(data)
            if self.output.written > FLOOD * max(self.limits.output, CHUNK):
                self.note(f"output: it wrote more than {FLOOD * max(self.limits.output, CHUNK):,} bytes")

    def note(self, reason: str | None) -> None:
        """Note what broke it; the first limit is the one that ended it."""
        self.broken = self.broken or reason


def supervise(start: Start, limits: Limits, look: Look, end: Callable[[int], None]) -> Outcome:
    """Run a command to its end within `limits`.

    `look` is asked every now and then; `end` is called once, with the command's process, to kill whatever it left behind.
    """
    began = time.monotonic()
    with _stdin(start.stdin) as stdin, _report(start.report) as (report, descriptor), selectors.DefaultSelector() as selector:
        try:
            process = subprocess.Popen(
                start.command,
                cwd=start.directory,
                env={**start.environment, **({"CHECKER_REPORT": str(descriptor)} if descriptor is not None else {})},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[*start.inherited, *([] if descriptor is None else [descriptor])],
                start_new_session=True,
                user=start.user,
                group=start.user,
                extra_groups=None if start.user is None else (),
            )
        except OSError as error:
            return Outcome(127, f"{start.command[0]}: {error.strerror}\n", time.monotonic() - began)
        finally:
            if descriptor is not None:
                os.close(descriptor)
        assert process.stdout is not None
        with process.stdout, _ending(process) as ending:
            run = Run(process, limits, look, Kept(limits.output))
            try:
                selector.register(process.stdout, selectors.EVENT_READ, "output")
                if report is not None:
                    selector.register(report, selectors.EVENT_READ, "report")
                if ending is not None:
                    selector.register(ending, selectors.EVENT_READ)
                run.watch(selector, began + limits.wall)
            finally:
                end(process.pid)
                code = process.wait()
            run.drain(selector)
    exit_code = 128 - code if code < 0 else code
    if exit_code == 128 + signal.SIGKILL:
        run.note(look(process.pid))
    broken = run.broken or of_signal(exit_code, limits)
    return Outcome(None if run.broken else exit_code, run.output.text(), time.monotonic() - began, broken, bytes(run.report))


def of_signal(exit_code: int, limits: Limits) -> str | None:
    """The limit by which the kernel ended a command, by its exit code; None if none did."""
    if exit_code == 128 + signal.SIGXCPU and limits.cpu is not None:
        return f"processor time: it took more than {limits.cpu:g} s"
    if exit_code == 128 + signal.SIGXFSZ and limits.file_size is not None:
        return f"file size: it wrote more than {limits.file_size:,} bytes into a file"
    return None


@contextlib.contextmanager
def _stdin(data: bytes) -> Iterator[int | IO[bytes]]:
    """Something to read `data` from, that can't be written to and never blocks whoever fills it."""
    if not data:
        yield subprocess.DEVNULL
        return
    descriptor, name = tempfile.mkstemp(prefix="checker-stdin-")
    with open(descriptor, "wb") as writer, open(name, "rb") as reader:
        os.unlink(name)
        writer.write(data)
        writer.close()
        yield reader


@contextlib.contextmanager
def _report(wanted: bool) -> Iterator[tuple[int | None, int | None]]:
    """Both ends of the report's pipe; the second is closed by whoever started the command."""
    if not wanted:
        yield None, None
        return
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        os.close(reader)


@contextlib.contextmanager
def _ending(process: subprocess.Popen[bytes]) -> Iterator[int | None]:
    """What becomes readable when the process ends; None where the system has no such thing, and each look tells."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
