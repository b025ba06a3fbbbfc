"""Control groups: where one may be made is read from the kernel's tables, what is written is a limit's, and without one a job is limited all the same."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from checker import doctor
from checker.sandbox import Job, Limits, cgroups
from checker.sandbox.bubblewrap import Bubblewrap
from checker.sandbox.cgroups import Group
from tests.checker.isolation import require_bubblewrap

V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "33 32 0:29 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "36 32 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "40 32 0:36 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    "42 32 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)
LIMITS = Limits(memory=1000, disk=500, processes=10)


@pytest.mark.parametrize(
    ("membership", "mounts", "homes"),
    [
        ("0::/user.slice/run-1.scope\n", V2, [["/sys/fs/cgroup/user.slice/run-1.scope"], ["/sys/fs/cgroup/user.slice"]]),
        (
            "3:cpu,cpuacct:/\n8:pids:/docker/abc\n4:memory:/jobs/1\n0::/\n",
            V1,
            [
                ["/sys/fs/cgroup/memory/jobs/1", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpuacct"],
                ["/sys/fs/cgroup/unified"],
                ["/sys/fs/cgroup"],
            ],
        ),
        ("8:pids:/elsewhere\n", V1, []),
        ("0::/../outside\n", V2, []),
        ("", "", []),
    ],
    ids=["version 2", "version 1 and 2 together", "not in the mounted part", "outside of our namespace", "nothing"],
)
def test_a_group_may_be_made_where_the_kernel_says_that_we_are(membership: str, mounts: str, homes: list[list[str]]) -> None:
    assert [list(map(str, home)) for home in cgroups.homes(membership, mounts)] == homes


def group(folder: Path, **files: str) -> Group:
    """A folder with a control group's files; `_` stands for a dot."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(text)
    return Group([folder])


def test_limits_are_written_in_either_versions_words(tmp_path: Path) -> None:
    second = group(tmp_path / "2", memory_max="max", memory_oom_group="", pids_max="max", cpu_stat="usage_usec 2500000\nuser_usec 1\n")
    (tmp_path / "2/memory.swap.max").write_text("max")
    first = Group([group(tmp_path / "memory", memory_limit_in_bytes="").folders[0], group(tmp_path / "cpuacct", cpuacct_usage="1500000000").folders[0]])

    second.limit(LIMITS)
    first.limit(LIMITS)

    assert {name: (tmp_path / "2" / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max")} == {
        "memory.max": "1500",
        "memory.swap.max": "0",
        "pids.max": "18",
    }
    assert (tmp_path / "memory/memory.limit_in_bytes").read_text() == "1500"
    assert (second.cpu, first.cpu) == (2.5, 1.5)
    assert (second.holds, first.holds) == (["memory", "number of processes", "processor time"], ["memory", "processor time"])


@pytest.mark.parametrize(("name", "text"), [("memory.events", "low 0\noom 1\noom_kill 1\n"), ("memory.oom_control", "under_oom 0\noom_kill 1\n")])
def test_that_memory_ran_out_is_read(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    assert Group([tmp_path]).out_of_memory
    (tmp_path / name).write_text(text.replace("oom_kill 1", "oom_kill 0"))
    assert not Group([tmp_path]).out_of_memory


def test_a_folder_that_holds_nothing_is_not_used_and_left_as_it_was(tmp_path: Path) -> None:
    assert cgroups.make([tmp_path]) is None
    assert list(tmp_path.iterdir()) == []


EATS = """
import os, time
for _ in range(4):
    if not os.fork():
        data = bytearray(os.urandom(1024)) * (60 << 10)
        time.sleep(55)
time.sleep(55)
"""
BURNS = "import os\nfor _ in range(99):\n    if not os.fork():\n        for _ in range(10**7):\n            pass\n        os._exit(0)\n    os.wait()"


@pytest.mark.parametrize("here", [True, False], ids=["as this machine has them", "where there are none"])
@pytest.mark.parametrize(
    ("program", "limits", "broken"),
    [
        (EATS, Limits(wall=50, memory=150_000_000, disk=1_000_000), "memory: its processes used more than 150,000,000 bytes together"),
        (BURNS, Limits(wall=300, cpu=1), "processor time: its processes took more than 1 s together"),
    ],
    ids=["memory", "processor time"],
)
def test_all_processes_together_are_limited(program: str, limits: Limits, broken: str, here: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require_bubblewrap()
    if not here:
        monkeypatch.setattr(cgroups, "usable", lambda: None)
    before = made()
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable

    outcome = Bubblewrap().run(Job([python, "-I", "-c", program], tmp_path, {}), limits)

    assert outcome.broken == broken
    assert made() == before


def made() -> Sequence[str]:
    """This process's groups."""
    place = cgroups.usable()
    return [name for home in (place[0] if place else ()) for name in os.listdir(home) if name.startswith(f"checker-{os.getpid()}-")]


def test_doctor_says_whether_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "usable", lambda: None)
    assert doctor.groups()[0].state is doctor.State.LACKING
    monkeypatch.setattr(cgroups, "usable", lambda: ([Path("/sys/fs/cgroup/x")], ["memory"]))
    assert doctor.groups()[0].text == "the kernel holds, of all processes together: memory; below /sys/fs/cgroup/x"
