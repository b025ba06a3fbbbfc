"""Keeps the course's private modules from the programs that tests start: once loaded, a module is withdrawn, and its source is here from then on.

Standard library alone, for it runs in the sandbox: in the tests' process, and in those that multiprocessing starts below it.
"""

import builtins
import ctypes
import functools
import importlib.machinery
import importlib.util
import linecache
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NOT_ISOLATED = "CHECKER_JOB"
"""In the environment of a job that has but limits: the checker finds its processes by what it reads of them in /proc."""
PR_SET_DUMPABLE = 4


def close_memory() -> None:
    """Keep other programs from this process's memory and open files, which /proc shows to its user."""
    if NOT_ISOLATED not in os.environ and ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("The kernel does not close this process's memory to others")


def serve(sources: Mapping[str, bytes]) -> None:
    """Have Python load these files from memory, and show their lines in tracebacks and to `inspect`."""
    get_data = importlib.machinery.SourceFileLoader.get_data

    @functools.wraps(get_data)
    def from_memory(self: Any, path: str) -> bytes:
        source = sources.get(os.path.realpath(path))
        return get_data(self, path) if source is None else source

    importlib.machinery.SourceFileLoader.get_data = from_memory  # type: ignore[method-assign] # Whatever finds a module, this is how its source is read.
    for file, source in sources.items():
        show(file, source)


def show(file: str, source: bytes) -> None:
    """Keep the lines of a file where tracebacks look for them; without a time, so that nobody compares them with the file."""
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, ValueError):
        text = source.decode("utf-8", "replace")
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file


class Handed:
    """Sources on their way to a process that multiprocessing starts: to load it from a pickle is to serve them there."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self.sources = dict(sources)

    def __reduce__(self) -> tuple[object, ...]:
        # Nothing of the checker's can be imported over there yet.
        return builtins.exec, (
            f"{Path(__file__).read_text()}\nclose_memory()\nserve(handed)\n",
            {"__name__": __name__, "__file__": __file__, "handed": self.sources},
        )


def hand_over(sources: Mapping[str, bytes]) -> None:
    """Give the sources to each process that multiprocessing spawns: functions of modules go there by name."""
    # Not needed, and not loaded, where there is nothing to hand over.
    import multiprocessing.spawn

    prepare = multiprocessing.spawn.get_preparation_data

    @functools.wraps(prepare)
    def with_sources(name: str) -> dict[str, Any]:
        return {**prepare(name), "sources": Handed(sources)}

    multiprocessing.spawn.get_preparation_data = with_sources


class PrivateModules:
    """The private modules that the tests' process can load."""

    def __init__(self, files: Sequence[str], descriptor: int) -> None:
        self.channel = socket.socket(fileno=descriptor)
        self.channel.set_inheritable(False)
        self.process = os.getpid()
        self.files = frozenset(files)
        self.loaded: set[str] = set()
        self.closed = False

    def note(self, file: str) -> None:
        """Code of a file is about to run."""
        if file.endswith(".py") and (real := os.path.realpath(file)) in self.files and real not in self.loaded:
            self.loaded.add(real)
            if self.closed:
                self.withdraw(real)

    def close(self) -> None:
        """Withdraw what was loaded, and from now on whatever is loaded, as soon as it is."""
        sources = {file: Path(file).read_bytes() for file in self.files}
        serve(sources)
        hand_over(sources)
        self.closed = True
        for file in sorted(self.loaded):
            self.withdraw(file)

    def withdraw(self, file: str) -> None:
        """Have the file's content gone; a process that was forked leaves that to the first."""
        if os.getpid() == self.process:
            self.channel.send(os.fsencode(file))
            self.channel.recv(64)
