"""Processes of their own that tests may kill."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.site import ROOT


@dataclass
class Program:
    """A running module of this package."""

    process: subprocess.Popen[str]

    def says(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def running(module: str, *arguments: str) -> Iterator[Program]:
    """Run a module of this package; killed at the end of the block, as by a crash."""
    command = [sys.executable, "-m", f"tests.workers.results.{module}", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield Program(process)
    finally:
        process.kill()
        process.communicate()
