"""dockr/reload.py: a program follows the edits of its files, survives those that break it, and isn't kept from ending otherwise."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from project.settings import FEATURES, ROOT
from tests.place import Place
from tests.waiting import PATIENCE, wait_until

PROGRAM = "import os, pathlib, time\npathlib.Path('begun').write_text(f'{os.getpid()} %s')\nwhile True:\n    time.sleep(60)\n"
LINGERING = """import pathlib, signal, sys, time

def wait_for_the_successor(_signum, _frame):
    while "edited" not in pathlib.Path("begun").read_text():
        time.sleep(0.05)
    pathlib.Path("met").touch()
    sys.exit()

signal.signal(signal.SIGTERM, wait_for_the_successor)
"""


class Reloaded:
    """A program under dockr/reload.py, in a folder of its own."""

    def __init__(self, place: Place, *options: str, program: str = PROGRAM) -> None:
        self.place = place
        for folder in ("dockr", "migrations", "project", *FEATURES):
            (place.folder / folder).mkdir()
        self.edit(program % "as written")
        self.reload: Popen[bytes] = place.start(sys.executable, str(ROOT / "dockr/reload.py"), *options, sys.executable, "project/program.py")
        self.begun("as written")

    def edit(self, source: str) -> None:
        """Write the program's file anew."""
        self.place.write("project/program.py", source)

    def begun(self, wording: str) -> int:
        """The process's number, once the program with this wording runs."""

        def number() -> int:
            pid, _, said = self._note().partition(" ")
            return int(pid) if said == wording else 0

        return wait_until(number)

    def _note(self) -> str:
        note = self.place.folder / "begun"
        return note.read_text() if note.exists() else ""


@pytest.fixture
def place() -> Iterator[Place]:
    """A folder that is removed, and the programs in it ended."""
    place = Place("reload")
    yield place
    place.remove()


@pytest.fixture
def reloaded(place: Place) -> Iterator[Reloaded]:
    """A program that runs and is watched."""
    reloaded = Reloaded(place)
    yield reloaded
    end(reloaded)


def end(reloaded: Reloaded) -> None:
    """End the reloader, and with it the program."""
    reloaded.reload.terminate()
    reloaded.reload.wait(PATIENCE)


def is_gone(pid: int) -> bool:
    """Whether no process has this number."""
    return not Path(f"/proc/{pid}").exists()


def test_an_edit_starts_the_program_anew(reloaded: Reloaded) -> None:
    first = reloaded.begun("as written")

    reloaded.edit(PROGRAM % "edited")

    assert reloaded.begun("edited") != first
    assert is_gone(first)


def test_a_program_that_shares_no_port_is_started_beside_the_one_that_still_ends(place: Place) -> None:
    reloaded = Reloaded(place, "--beside", program=LINGERING + PROGRAM)

    reloaded.edit(PROGRAM % "edited")

    wait_until(lambda: (place.folder / "met").exists())
    end(reloaded)


def test_what_an_edit_broke_is_healed_by_the_next(reloaded: Reloaded) -> None:
    reloaded.edit("def\n")
    wait_until(lambda: "waits for the next edit" in reloaded.place.log.read_text())

    reloaded.edit(PROGRAM % "healed")

    reloaded.begun("healed")
    assert reloaded.reload.poll() is None


def test_a_killed_program_is_not_hidden_from_the_supervisor(reloaded: Reloaded) -> None:
    os.kill(reloaded.begun("as written"), signal.SIGKILL)

    assert reloaded.reload.wait(PATIENCE) != 0


def test_a_stop_ends_the_program_too(reloaded: Reloaded) -> None:
    program = reloaded.begun("as written")

    reloaded.reload.terminate()

    reloaded.reload.wait(PATIENCE)
    assert is_gone(program)
