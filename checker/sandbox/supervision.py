"""A command under a parent's eye: its time, its output, and its end."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from checker.sandbox.base import MIB, Limits, Outcome

CHUNK = 64 * 1024
TICK = 0.1
"""Seconds between two looks at what a job uses."""
CHANNELS = {"CHECKER_REPORT": "report", "CHECKER_WITHDRAW": "requests"}
FLOOD = 64
"""How many times the output that is kept a job may write."""
REPORT_LIMIT = 32 * MIB
DONE = b"done"
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
    withdraw: Callable[[Path], None] | None = None
    """What is called with each path that the command asks to have withdrawn, if it may; see `Job.withdrawable`."""


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
    withdraw: Callable[[Path], None] | None = None
    stdin: bytes = b""
    """What it has still to be given."""
    feeder: IO[bytes] | None = None
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

    def _feed(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        try:
            self.stdin = self.stdin[os.write(key.fd, self.stdin[:CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.stdin = b""
        if not self.stdin and self.feeder is not None:
            selector.unregister(key.fileobj)
            self.feeder.close()

    def _read(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        if key.data == "stdin":
            self._feed(selector, key)
            return
        try:
            data = os.read(key.fd, CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            selector.unregister(key.fileobj)
        elif key.data == "requests":
            self._answer(key.fd, data)
        elif key.data == "report":
            self.report += data[: REPORT_LIMIT - len(self.report)]
            if len(self.report) >= REPORT_LIMIT:
                self.note("report: it wrote more than any honest run does")
        else:
            self.output.add(data)
            if self.output.written > FLOOD * max(self.limits.output, CHUNK):
                self.note(f"output: it wrote more than {FLOOD * max(self.limits.output, CHUNK):,} bytes")

    def _answer(self, descriptor: int, request: bytes) -> None:
        if self.withdraw is not None:
            try:
                self.withdraw(Path(os.fsdecode(request)))
            except OSError as error:
                # What was to be kept from its programs may still be there to read, so nothing that they say counts.
                self.note(f"files: a private one can't be withdrawn: {error.strerror}")
        # Who asks without end and reads no answer gets none.
        with contextlib.suppress(BlockingIOError, ConnectionError):
            os.write(descriptor, DONE)

    def note(self, reason: str | None) -> None:
        """Note what broke it; the first limit is the one that ended it."""
        self.broken = self.broken or reason


def supervise(start: Start, limits: Limits, look: Look, end: Callable[[int], None]) -> Outcome:
    """Run a command to its end within `limits`.

    `look` is asked every now and then; `end` is called once, with the command's process, to kill whatever it left behind.
    """
    began = time.monotonic()
    with _stdin(bool(start.stdin)) as (stdin, feeder), _channels(start) as channels, selectors.DefaultSelector() as selector:
        theirs = {variable: descriptor for variable, (_, descriptor) in channels.items()}
        try:
            process = subprocess.Popen(
                start.command,
                cwd=start.directory,
                env={**start.environment, **{variable: str(descriptor) for variable, descriptor in theirs.items()}},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[*start.inherited, *theirs.values()],
                start_new_session=True,
                user=start.user,
                group=start.user,
                extra_groups=None if start.user is None else (),
            )
        except OSError as error:
            return Outcome(127, f"{start.command[0]}: {error.strerror}\n", time.monotonic() - began)
        finally:
            for descriptor in theirs.values():
                os.close(descriptor)
            if feeder is not None:
                os.close(stdin)
        assert process.stdout is not None
        with process.stdout, _ending(process) as ending:
            run = Run(process, limits, look, Kept(limits.output), start.withdraw, start.stdin, feeder)
            try:
                selector.register(process.stdout, selectors.EVENT_READ, "output")
                for variable, (descriptor, _) in channels.items():
                    selector.register(descriptor, selectors.EVENT_READ, CHANNELS[variable])
                if feeder is not None:
                    selector.register(feeder, selectors.EVENT_WRITE, "stdin")
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
def _stdin(wanted: bool) -> Iterator[tuple[int, IO[bytes] | None]]:
    """What to read from, and what to fill it by. A pipe: what a process has read is there for no other, while a file stays open in the sandbox's own."""
    if not wanted:
        yield subprocess.DEVNULL, None
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(writer, "wb", buffering=0) as feeder:
        yield reader, feeder


@contextlib.contextmanager
def _channels(start: Start) -> Iterator[Mapping[str, tuple[int, int]]]:
    """By the variable that tells the command of it: both ends of what it may write to. The second is closed by whoever started the command."""
    with contextlib.ExitStack() as ours:
        ends = {}
        if start.report:
            ends["CHECKER_REPORT"] = os.pipe()
        if start.withdraw is not None:
            # Of this kind, for what is written stays one message.
            here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            here.setblocking(False)
            ends["CHECKER_WITHDRAW"] = here.detach(), there.detach()
        for reader, _ in ends.values():
            ours.callback(os.close, reader)
        yield ends


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
