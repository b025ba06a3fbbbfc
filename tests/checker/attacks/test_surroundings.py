"""A program that attacks the machine it is tested on gets nothing, ends, and leaves nothing behind: as root's job and as a plain user's."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from checker.sandbox import Job, Limits, Outcome
from checker.sandbox.bubblewrap import Bubblewrap
from checker.sandbox.scratch import LARGE
from tests.checker.attacks.attack import Attack
from tests.checker.attacks.on_surroundings import ATTACKS, OUTLIVES
from tests.checker.isolation import require_bubblewrap

CHECKOUT = Path(__file__).parents[3]
PYTHON = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable
"""One that every user can start, which that of a checkout's .venv may not be."""
USERS = ["root", "nobody"] if os.geteuid() == 0 else ["nobody"]
"""Whoever starts the jobs; without root's rights there is one only, who is not nobody."""
NOBODY = 65534 if os.geteuid() == 0 else None
LIMITS = Limits(memory=500_000_000, processes=40, file_size=10_000_000, disk=20_000_000)


WRITES = """
import os
os.chdir("/TREE")
open("theirs.txt", "a").write(", and more")
open("new.txt", "w").write("new")
os.mkdir("tests/folder")
print(open("theirs.txt").read(), os.path.getsize("tests/large.bin") > 8 << 20, sep="\\n")
for name in ("tests/test_it.py", "tests/large.bin", "env/pyvenv.cfg"):
    try:
        open(name, "a")
        print(name, "is open")
    except OSError:
        pass
"""
FORGES = """
import mmap, os
name = "/TREE/tests/test_it.py"
times = os.stat(name)
os.chmod(name, 0o600)
with open(name, "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
    was, memory[0:2] = memory[0:2], b"no"
    memory[0:2] = was
os.chmod(name, times.st_mode)
os.utime(name, ns=(times.st_atime_ns, times.st_mtime_ns))
"""
MOVES = "import os\nos.rename('/TREE/tests', '/TREE/old')"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, with one to write to, and with what must not be seen."""
    require_bubblewrap()
    with tempfile.TemporaryDirectory(prefix="attacked-") as name:
        folder = Path(name)
        for path, text in {"private_test.py": "the-private-test", "readable.txt": "", "hidden/private-folder": ""}.items():
            file = folder / "reference" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (folder / "work").mkdir()
        for name in ("theirs.txt", "tests/test_it.py", "tests/large.bin"):
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "tree" / name).write_text("as it was")
        os.truncate(folder / "tree/tests/large.bin", LARGE + 1)
        (folder / "tree/env").mkdir()
        (folder / "tree/env/pyvenv.cfg").touch()
        for place in (folder, folder / "work"):
            place.chmod(0o777)
        yield folder


PROGRAM = """
import dataclasses, json, sys
from pathlib import Path
from checker.sandbox import Job, Limits
from checker.sandbox.bubblewrap import Bubblewrap
job, limits = json.load(sys.stdin)
paths = {name: [Path(path) for path in job.pop(name)] for name in ("readable", "writable", "hidden")}
paths["scratch"] = {Path(folder): [Path(name) for name in names] for folder, names in job.pop("scratch").items()}
outcome = Bubblewrap().run(Job(job["command"], Path(job["directory"]), {}, **paths), Limits(**limits))
print(json.dumps(dataclasses.asdict(outcome) | {"report": None, "changed": [str(path) for path in outcome.changed]}))
"""


def run(place: Path, solution: str, user: str, timeout: float) -> Outcome:
    """Run a solution as a job of root's, or of a user's who is nobody in particular."""
    (place / "work" / "solution.py").write_text(solution.replace("/SECRETS", str(place / "reference")).replace("/TREE", str(place / "tree")))
    reference, work = place / "reference", place / "work"
    hidden = [reference / "private_test.py", reference / "hidden"]
    command = [PYTHON, "-I", "-B", "solution.py"]
    limits = replace(LIMITS, wall=timeout)
    if user == "root":
        scratch = {place / "tree": [place / "tree/theirs.txt"]}
        return Bubblewrap().run(Job(command, work, {}, [work], [reference], hidden, scratch=scratch), limits)
    job: dict[str, object] = {"scratch": {str(place / "tree"): [str(place / "tree/theirs.txt")]}}
    job |= {"command": command, "directory": str(work), "readable": [str(reference)], "writable": [str(work)], "hidden": list(map(str, hidden))}
    done = subprocess.run(
        [PYTHON, "-B", "-c", PROGRAM],
        cwd=CHECKOUT,
        input=json.dumps([job, asdict(limits)]),
        env={"PYTHONPATH": str(CHECKOUT), "PATH": os.environ["PATH"], "REPORT_TOKEN": "a-secret-token"},
        capture_output=True,
        text=True,
        check=False,
        user=NOBODY,
        group=NOBODY,
        extra_groups=None if NOBODY is None else [],
    )
    assert done.returncode == 0, done.stderr
    return Outcome(**json.loads(done.stdout))


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_gets_nothing(attack: Attack, user: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_TOKEN", "a-secret-token")
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = run(place, attack.solution.replace("PORT", str(server.getsockname()[1])), user, attack.timeout)

    seen = f"{outcome.output}\n{outcome.broken}"
    assert re.search(attack.sees, seen), seen[-2000:]
    assert not attack.hides or attack.hides not in seen
    assert outcome.elapsed < 50
    assert len(outcome.output) < 1_100_000


@pytest.mark.parametrize("user", USERS)
def test_nothing_outlives_the_run(user: str, place: Path) -> None:
    outcome = run(place, OUTLIVES.solution, user, 30)
    written = (place / "work" / "alive").read_text()

    assert (outcome.exit_code, outcome.output) == (0, "done\n")
    assert not [process for process in Path("/proc").glob("[0-9]*/cwd") if leads_into(process, place)]
    assert (place / "work" / "alive").read_text() == written


@pytest.mark.parametrize("user", USERS)
def test_a_copy_is_the_jobs_own_and_what_it_must_leave_alone_is_looked_at(user: str, place: Path) -> None:
    def found() -> dict[Path, int]:
        return {path: path.stat().st_size for path in (place / "tree").rglob("*")}

    before = found()
    honest, forger, mover = (run(place, solution, user, 30) for solution in (WRITES, FORGES, MOVES))

    assert (honest.output, honest.changed) == ("as it was, and more\nTrue\n", [])
    assert list(map(str, forger.changed)) == [str(place / "tree/tests/test_it.py")]
    assert ("busy" in mover.output, mover.changed) == (True, [])
    assert found() == before


def leads_into(link: Path, folder: Path) -> bool:
    try:
        return Path(os.readlink(link)).is_relative_to(folder)
    except OSError:
        return False


def test_what_a_job_of_root_wrote_is_there_afterwards(place: Path) -> None:
    run(place, "open('result', 'w').write('here')", USERS[0], 30)

    assert (place / "work" / "result").read_text() == "here"
    shutil.rmtree(place / "work")
