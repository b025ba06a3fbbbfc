"""run_script and safe_run_script: real programs, and what they can see, do and leave behind."""

import os
import shlex
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins import PluginABC, PluginOutput, jobs
from checker.plugins.firejail import SafeRunScriptPlugin as SafeOfOldCourses
from checker.plugins.folders import Folders, running
from checker.plugins.scripts import RunScriptPlugin, SafeRunScriptPlugin
from checker.sandbox.rlimits import Rlimits
from tests.waiting import wait_until

BOTH = pytest.mark.parametrize("plugin", [RunScriptPlugin, SafeRunScriptPlugin])


@pytest.fixture
def run_folders(tmp_path: Path) -> Iterator[Folders]:
    """The folders of a run: a course with a secret, a student's clone with CI's token, and the tree that is tested."""
    place = Folders(tmp_path / "reference", tmp_path / "repository", tmp_path / "temporary")
    for file, text in {
        place.reference / "task/test_private.py": "PRIVATE",
        place.repository / ".git/config": "url = https://gitlab-ci-token:CITOKEN@example.org",
        place.temporary / "task/solution.py": "print('solved')",
        place.temporary / "other/data.txt": "DATA",
    }.items():
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with running(place):
        yield place


def run(plugin: type[PluginABC], origin: Path, script: str | list[str], **args: Any) -> PluginOutput:
    """Run a script in the sandbox."""
    return plugin().run({"origin": str(origin), "script": script} | args)


def failure(plugin: type[PluginABC], origin: Path, script: str | list[str], **args: Any) -> PluginExecutionFailed:
    """How a script failed."""
    with pytest.raises(PluginExecutionFailed) as raised:
        run(plugin, origin, script, **args)
    return raised.value


@BOTH
def test_a_string_is_for_the_shell_and_a_list_is_a_program(plugin: type[PluginABC], run_folders: Folders) -> None:
    origin = run_folders.temporary / "task"

    assert run(plugin, origin, "echo out; echo err >&2; echo $((6 * 7)) > made; cat made").output == "out\nerr\n42\n"
    assert run(plugin, origin, ["echo", "$HOME; exit 1"]).output == "$HOME; exit 1\n"
    assert (origin / "made").read_text() == "42\n"
    assert run(plugin, origin, ["cat"], input=str(origin / "made")).output == "42\n"
    assert run(plugin, origin, ["cat"], input="made").output == "42\n"


@BOTH
def test_a_failure_says_how_it_ended_and_keeps_the_output_whatever_its_bytes(plugin: type[PluginABC], run_folders: Folders) -> None:
    origin = run_folders.temporary / "task"

    failed = failure(plugin, origin, r"printf '\377\376 told'; exit 3")
    assert (failed.message, failed.output) == ("Script failed with exit code 3", "\ufffd\ufffd told")
    assert failure(plugin, origin, "kill -SEGV $$").message == "Script was killed by SIGSEGV"
    assert failure(plugin, origin, ["no-such-program"]).message == "Script failed with exit code 127"
    assert failure(plugin, origin / "gone", "true").message == f"There is no folder {origin / 'gone'}"
    assert failure(plugin, origin, "cat", input="nothing.txt").message == "There is no file nothing.txt"


@BOTH
def test_a_timeout_ends_everything_that_was_started(plugin: type[PluginABC], run_folders: Folders) -> None:
    origin = run_folders.temporary / "task"
    length = f"9999{os.getpid()}"

    failed = failure(plugin, origin, f"echo begun; setsid sleep {length} & sleep {length}", timeout=0.5)

    assert failed.message == "Script was stopped by its limit of time: it ran for more than 0.5 s"
    assert failed.output == "begun\n"
    assert wait_until(lambda: length not in commands())


def commands() -> str:
    """The command lines of all processes."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(line.read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


@BOTH
def test_no_secret_of_ci_is_inherited(plugin: type[PluginABC], run_folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MANYTASK_TOKEN", "CI_JOB_TOKEN", "COURSE_SECRET"):
        monkeypatch.setenv(name, "glpat-secret")
    monkeypatch.setenv("COURSE_YEAR", "2026")
    origin = run_folders.temporary / "task"

    seen = run(plugin, origin, "env; cat /proc/*/environ || true", env_whitelist=["MANYTASK_TOKEN", "COURSE_YEAR"], env_additional={"SEED": "7"}).output

    assert "glpat-secret" not in seen + run(plugin, origin, "env").output
    assert {"COURSE_YEAR=2026", "SEED=7"} <= set(seen.splitlines())


def test_a_courses_command_reads_the_course_but_no_credentials_and_changes_neither(run_folders: Folders) -> None:
    task, reference, repository = run_folders.temporary / "task", run_folders.reference, run_folders.repository

    assert run(RunScriptPlugin, task, "echo built > ../new && cat ../new").output == "built\n"
    assert run(RunScriptPlugin, task, f"cat ../other/data.txt {reference}/task/*").output == "DATAPRIVATE"
    for script in (f"cat {repository}/.git/config", f"echo x > {reference}/new", f"echo x > {repository}/new"):
        failed = failure(RunScriptPlugin, task, script)
        assert "CITOKEN" not in failed.output
    assert "CITOKEN" not in failure(SafeRunScriptPlugin, repository, "cat .git/config").output
    failed = failure(RunScriptPlugin, reference, "echo x > new")
    assert "may say trusted: true" in failed.output
    assert run(RunScriptPlugin, reference, "echo Start testing").output == "Start testing\n"


def test_a_students_module_does_not_run_in_a_linters_place(run_folders: Folders) -> None:
    (run_folders.temporary / "mypy.py").write_text("import os\nos._exit(0)\n")
    (run_folders.temporary / "task/solution.py").write_text('x: int = "text"\n')
    python = f"{sys.executable} -m mypy --cache-dir=/tmp/cache task/solution.py"

    assert "Incompatible types" in failure(RunScriptPlugin, run_folders.temporary, python).output


def test_a_students_program_sees_its_own_folder_and_what_the_course_allows(run_folders: Folders) -> None:
    task, reference = run_folders.temporary / "task", run_folders.reference
    other = run_folders.temporary / "other"
    (other / "private.txt").write_text("PRIVATE")

    assert run(SafeRunScriptPlugin, task, [sys.executable, "solution.py"]).output == "solved\n"
    for script in (f"cat {reference}/task/test_private.py", f"cat {other}/data.txt", "ls /home /root /var", "cat /etc/shadow"):
        assert "PRIVATE" not in failure(SafeRunScriptPlugin, task, script).output
    allowed = {"paths_whitelist": [f"{other}/*.txt"], "paths_blacklist": [f"{other}/priv*"]}
    assert run(SafeRunScriptPlugin, task, f"cat {other}/data.txt", **allowed).output == "DATA"
    assert "PRIVATE" not in failure(SafeRunScriptPlugin, task, f"cat {other}/private.txt", **allowed).output
    (run_folders.temporary / "link").symlink_to(other)
    by_link = {"paths_whitelist": [f"{other.parent}/link"], "paths_blacklist": [f"{other}/priv*"]}
    assert run(SafeRunScriptPlugin, task, f"cat {other.parent}/link/data.txt", **by_link).output == "DATA"
    assert "PRIVATE" not in failure(SafeRunScriptPlugin, task, f"cat {other.parent}/link/private.txt", **by_link).output


def test_a_students_program_has_a_network_only_if_the_course_says_so(run_folders: Folders) -> None:
    task = run_folders.temporary / "task"
    interfaces = ["sh", "-c", "cat /proc/net/dev | grep -c :"]

    assert run(SafeRunScriptPlugin, task, interfaces).output == "1\n"
    everywhere = run(SafeRunScriptPlugin, task, interfaces, lock_network=False).output
    assert everywhere == run(RunScriptPlugin, task, interfaces).output


def test_scripts_side_by_side_write_to_the_same_folder(run_folders: Folders) -> None:
    origin = run_folders.temporary
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(
            run, RunScriptPlugin, origin, "touch begun; until [ -e go ]; do sleep 0.05; done; echo late > task/late && cat task/late", timeout=60
        )
        assert wait_until((origin / "begun").exists)

        run(RunScriptPlugin, origin, "echo second > task/second; touch go")

        assert first.result().output == "late\n"


def test_a_trusted_command_runs_outside_the_sandbox_without_secrets(run_folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANYTASK_TOKEN", "glpat-secret")
    target = tmp_path / "installed"

    output = run(RunScriptPlugin, run_folders.temporary, f"echo x > {shlex.quote(str(target))}; env; id -u", trusted=True).output

    assert target.read_text() == "x\n"
    assert "glpat-secret" not in output
    assert output.splitlines()[-1] == str(os.getuid())
    assert failure(RunScriptPlugin, tmp_path, "sleep 99", trusted=True, timeout=0.2).message.startswith("Script was stopped by its limit of time")


def test_without_a_sandbox_a_students_program_fails_unless_the_course_takes_the_risk(run_folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(*, allow_fallback: bool) -> Rlimits:
        return Rlimits(fallback=allow_fallback)

    monkeypatch.setattr(jobs, "choose", choose)
    task = run_folders.temporary / "task"

    failed = failure(SafeRunScriptPlugin, task, "echo ran")
    assert failed.message == "This machine cannot isolate the program"
    assert "checker doctor" in failed.output
    assert run(SafeRunScriptPlugin, task, "echo ran", allow_fallback=True).output == "ran\n"
    assert run(RunScriptPlugin, task, "echo ran").output == "ran\n"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"script": ""}, "script is empty"),
        ({"script": []}, "script is empty"),
        ({"script": "true", "timeout": 0}, "timeout: Input should be greater than 0"),
        ({"script": "true", "env_additional": {"N": 1}}, "env_additional.N: Input should be a valid string"),
    ],
)
def test_wrong_arguments_are_named(args: dict[str, Any], error: str) -> None:
    with pytest.raises(BadConfig, match=error):
        RunScriptPlugin.validate({"origin": "."} | args)


def test_input_through_a_link_would_show_any_file(run_folders: Folders) -> None:
    task = run_folders.temporary / "task"
    (task / "input.txt").symlink_to(run_folders.reference / "task/test_private.py")

    assert failure(SafeRunScriptPlugin, task, "cat", input="input.txt").message == "input.txt cannot be read: it is a symbolic link"


def test_a_courses_own_plugin_runs_its_command_through_ours(run_folders: Folders) -> None:
    class RunLean(RunScriptPlugin):
        name = "run_lean"

        class Args(PluginABC.Args):
            origin: str
            target: str

        def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:  # type: ignore[override]  # as courses write it
            script = RunScriptPlugin.Args(origin=args.origin, script=f"echo {args.target}; echo 40", isolate=True, env_whitelist=["PATH"])  # type: ignore[call-arg, arg-type]
            result = super()._run(script, verbose=verbose)
            result.percentage = int(result.output.split("\n")[-2]) / 100
            return result

    assert RunLean().run({"origin": str(run_folders.temporary), "target": "Sum"}) == PluginOutput("Sum\n40\n", 0.4)
    assert SafeOfOldCourses is SafeRunScriptPlugin
