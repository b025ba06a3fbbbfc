"""A command under a parent's eye: what is kept of its output, what it gets, and how its end is told."""

import errno
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.sandbox import Job, Limits, Outcome
from checker.sandbox.rlimits import Rlimits
from checker.sandbox.supervision import Kept, Start, supervise


def run(*command: str, limits: Limits = Limits(), **how: object) -> Outcome:  # noqa: B008 - it is frozen.
    job = {"command": command, "directory": Path("/"), "environment": {}, **how}
    return Rlimits(fallback=True).run(Job(**job), limits)  # type: ignore[arg-type] # A test's own keywords.


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(0, 60))
def test_output_is_kept_whole_or_its_beginning_and_end(parts: list[bytes], limit: int) -> None:
    kept = Kept(limit)
    for part in parts:
        kept.add(part)
    whole = b"".join(parts)

    text = kept.text()

    if len(whole) <= limit:
        assert text == whole.decode(errors="replace")
    else:
        lost = len(whole) - limit
        head, tail = whole[: kept.head], whole[len(whole) - kept.tail :]
        assert text == (head + f"\n… {lost:,} bytes of output are left out here …\n".encode() + tail).decode(errors="replace")


def test_much_output_takes_no_more_memory_than_is_kept() -> None:
    kept = Kept(10)
    for _ in range(100):
        kept.add(b"x" * 100_000)

    assert len(kept._last) < 1_000_000
    assert kept.text() == "xxxxx\n… 9,999,990 bytes of output are left out here …\nxxxxx"


def test_output_is_in_order_and_the_exit_code_the_commands_own() -> None:
    outcome = run("sh", "-c", "echo one; echo two >&2; echo three; exit 3")

    assert (outcome.exit_code, outcome.output, outcome.broken) == (3, "one\ntwo\nthree\n", None)


@pytest.mark.parametrize("size", [0, 5, 1_000_000])
def test_a_command_reads_its_stdin_and_cannot_write_to_it(size: int) -> None:
    outcome = run("sh", "-c", "wc -c; echo x >&0 || exit 1", stdin=b"x" * size)

    assert outcome.output.split()[0] == str(size)
    if size:
        assert outcome.exit_code == 1


def test_a_command_that_does_not_exist_ends_with_127() -> None:
    assert run("no-such-program").exit_code == 127


def test_a_commands_environment_is_the_jobs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_TOKEN", "secret")

    names = {line.partition("=")[0] for line in run("env", environment={"OWN": "1"}).output.splitlines()}

    assert names - {"PWD", "SHLVL", "_"} == {"OWN", "PATH", "HOME", "USER", "LOGNAME", "LANG", "CHECKER_JOB"}


def test_a_signal_is_told_as_a_shell_does() -> None:
    assert run("sh", "-c", "kill -TERM $$").exit_code == 128 + 15


def test_a_report_is_brought_apart_from_the_output() -> None:
    outcome = run("python3", "-c", "import os; print('shown'); os.write(int(os.environ['CHECKER_REPORT']), b'reported')", report=True)

    assert (outcome.output, outcome.report) == ("shown\n", b"reported")


def test_processor_time_ends_a_command() -> None:
    outcome = run("sh", "-c", "while :; do :; done", limits=Limits(wall=300, cpu=1))

    assert outcome.broken is not None
    assert outcome.broken.startswith("processor time:")


def test_what_left_its_process_group_is_killed_and_does_not_hold_up_the_end() -> None:
    outcome = run("sh", "-c", "setsid sleep 987 & echo started")

    assert outcome.output == "started\n"
    assert outcome.elapsed < 30
    assert not [line for file in Path("/proc").glob("[0-9]*/cmdline") if "sleep\x00987" in (line := read(file))]


def read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def test_input_that_nobody_reads_holds_up_nothing() -> None:
    assert run("true", stdin=b"x" * 1_000_000).exit_code == 0


def test_what_was_read_is_there_for_no_other() -> None:
    assert run("sh", "-c", "cat >/dev/null; head -c 5 /proc/$$/fd/0 | wc -c", stdin=b"secret").output.split()[-1] == "0"


def test_a_run_whose_private_file_cannot_be_withdrawn_counts_for_nothing() -> None:
    def fail(_path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    ask = "import os, socket; s = socket.socket(fileno=int(os.environ['CHECKER_WITHDRAW'])); s.send(b'/test_private.py'); s.recv(64)"
    start = Start([sys.executable, "-c", ask], Path("/"), {}, withdraw=fail)

    outcome = supervise(start, Limits(), lambda *_: None, lambda _pid: None)

    assert outcome.broken == "files: a private one can't be withdrawn: Permission denied"
