"""What a job sees: of paths inside each other the deepest decides, and each backend is told the same."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from checker.sandbox import Job, Limits, SandboxUnavailable
from checker.sandbox.bubblewrap import Bubblewrap, outside
from checker.sandbox.minijail import command_line
from checker.sandbox.scratch import scratch_of
from checker.sandbox.view import Access, mounts
from tests.checker.isolation import require_bubblewrap


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for file in ("task/solution.py", "task/private/test.py", "task/private/data/input", "task/build/keep", "other/test.py"):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)
    return tmp_path


def job(tree: Path, writable: Sequence[Path] = (), readable: Sequence[Path] = (), hidden: Sequence[Path] = ()) -> Job:
    return Job(["true"], tree / "task", {}, writable, readable, hidden)


def below(tree: Path, job: Job) -> dict[str, Access]:
    return {os.path.relpath(mount.path, tree): mount.access for mount in mounts(job) if Path(mount.path).is_relative_to(tree)}


def test_the_deepest_path_decides(tree: Path) -> None:
    wanted = job(
        tree, readable=[tree / "task/private/data"], writable=[tree / "task/build"], hidden=[tree / "task/private", tree / "other", tree / "task/solution.py"]
    )

    assert below(tree, wanted) == {
        "task": Access.READ,
        "task/build": Access.WRITE,
        "task/private": Access.NONE,
        "task/private/data": Access.READ,
        "task/solution.py": Access.NONE,
    }


def test_the_stricter_of_two_words_on_one_path_holds_but_writing_beats_reading(tree: Path) -> None:
    task = tree / "task"

    assert below(tree, job(tree, readable=[task], writable=[task])) == {"task": Access.WRITE}
    assert below(tree, job(tree, readable=[task], writable=[task], hidden=[task])) == {}
    assert below(tree, job(tree, readable=[task / "private"], hidden=[task / "private"])) == {"task": Access.READ, "task/private": Access.NONE}


def test_what_is_not_there_is_left_out_but_for_what_shall_be_written(tree: Path) -> None:
    nowhere = tree / "nowhere"

    assert below(tree, job(tree, readable=[nowhere], hidden=[nowhere])) == {"task": Access.READ}
    with pytest.raises(SandboxUnavailable, match="nowhere shall be writable and does not exist"):
        mounts(job(tree, writable=[nowhere]))


def test_a_writable_path_through_a_link_is_refused(tree: Path) -> None:
    (tree / "task/link").symlink_to("/etc")

    with pytest.raises(SandboxUnavailable, match="task/link leads through a symbolic link to /etc"):
        mounts(job(tree, writable=[tree / "task/link"]))


def test_a_path_that_is_named_through_a_link_is_seen_under_both_names(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(tree / "task")

    seen = {mount.path: mount.source for mount in mounts(Job(["true"], link, {}))}

    assert seen[str(tree / "task")] == seen[str(link)] == str(tree / "task")


def test_a_job_sees_what_it_is_told(tree: Path) -> None:
    require_bubblewrap()
    script = "cat solution.py private/data/input; ls .. private build; cat private/test.py; echo new > build/new; echo new > solution.py"
    wanted = Job(["sh", "-c", script], tree / "task", {}, writable=[tree / "task/build"], readable=[tree / "task/private/data"], hidden=[tree / "task/private"])

    outcome = Bubblewrap().run(wanted, Limits())

    lines = outcome.output.splitlines()
    assert lines[0] == "task/solution.pytask/private/data/input..:"
    assert lines[1:9] == ["task", "", "build:", "keep", "", "private:", "data", "cat: private/test.py: No such file or directory"]
    assert "Read-only file system" in lines[9]
    assert (tree / "task/build/new").read_text() == "new\n"


def pairs(command: list[str], option: str) -> list[str]:
    """What stands behind an option each time."""
    return [command[place + 1] for place, word in enumerate(command) if word == option]


def test_minijail_is_told_the_same(tree: Path) -> None:
    wanted = Job(["prog", "-x"], tree / "task", {}, writable=[tree / "task/build"], hidden=[tree / "task/private", tree / "task/solution.py"])

    command = command_line(wanted, Limits(disk=1000), 61_200, "/empty")
    command, inside = command[: command.index("--")], command[command.index("--") + 1 :]
    binds, filesystems = pairs(command, "-b"), pairs(command, "-k")

    assert command[0] == "minijail0"
    assert {"-v", "-p", "-e", "-l", "-N", "-n"} <= set(command)
    assert (pairs(command, "-P"), pairs(command, "-u"), pairs(command, "-g"), pairs(command, "-c")) == (["/empty"], ["61200"], ["61200"], ["0"])
    assert f"{tree}/task,{tree}/task,0" in binds
    assert binds.index(f"{tree}/task,{tree}/task,0") < binds.index(f"{tree}/task/build,{tree}/task/build,1")
    assert f"/dev/null,{tree}/task/solution.py" in binds
    assert f"tmpfs,{tree}/task/private,tmpfs,MS_NOSUID|MS_NODEV|MS_RDONLY,mode=555" in filesystems
    assert "tmpfs,/tmp,tmpfs,MS_NOSUID|MS_NODEV,mode=1777,size=1000" in filesystems
    assert inside[:5] == ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", f"{tree}/task"]
    assert inside[-2:] == ["prog", "-x"]


def test_minijail_mounts_a_copy_in_the_place_of_its_folder(tree: Path) -> None:
    wanted = Job(["prog"], tree / "task", {}, scratch={tree / "task": [tree / "task/solution.py"]})

    with scratch_of(wanted, None) as scratch:
        binds = pairs(command_line(wanted, Limits(), None, "/empty", scratch), "-b")
        copied = [bind.split(",") for bind in binds if bind.endswith(",1") and str(tree) in bind]

    assert (copied[0][1], copied[0][0] != copied[0][1]) == (f"{tree}/task", True)
    # Each folder with something in it that must stay is a mount by itself.
    assert f"{tree}/task/private" in [place for _, place, _ in copied]


def test_a_plain_users_minijail_maps_this_user_alone(tree: Path) -> None:
    command = command_line(job(tree), Limits(), None, "/empty")

    assert "-U" in command
    assert "-u" not in command
    assert all(word.endswith(" 1") for word in command if word.startswith(("-m", "-M")))


def test_a_network_is_there_only_if_it_is_asked_for(tree: Path) -> None:
    with_one = Job(["true"], tree, {}, network=True)

    assert "--unshare-net" in outside(job(tree), Limits(), None)
    assert "--unshare-net" not in outside(with_one, Limits(), None)
    assert "-e" not in command_line(with_one, Limits(), None, "/empty")
