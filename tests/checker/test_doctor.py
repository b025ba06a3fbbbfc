"""`checker doctor` says what is, in plain lines, and fails where students' code would not be isolated."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from checker import doctor
from checker.cli import main
from checker.sandbox import bubblewrap, minijail
from checker.sandbox.choice import ISOLATING, SETTING


def have(monkeypatch: pytest.MonkeyPatch, bwrap: str | None, jail: str | None) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setitem(ISOLATING, "bubblewrap", (bubblewrap.Bubblewrap, lambda: bwrap))
    monkeypatch.setitem(ISOLATING, "minijail", (minijail.Minijail, lambda: jail))


def by_name(sandbox: str | None = None) -> dict[str, doctor.Fact]:
    return {fact.about: fact for fact in doctor.facts(sandbox)}


def test_a_machine_with_one_sandbox_that_isolates_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, None, "minijail0 is missing")

    facts = by_name()

    assert doctor.is_safe(list(facts.values()))
    assert facts["students' code"].text == "runs in bubblewrap"
    assert (facts["sandbox minijail"].state, facts["sandbox minijail"].text) == (doctor.State.LACKING, "minijail0 is missing")
    assert facts["no network"].text == "enforced"


def test_a_machine_without_any_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, "bwrap is missing: apt install bubblewrap", "minijail0 is missing")

    run = CliRunner().invoke(main, ["doctor"])

    assert run.exit_code == 1
    assert "fails  sandbox bubblewrap: bwrap is missing: apt install bubblewrap" in run.output
    assert "fails  students' code: is not run" in run.output
    assert "This machine does not isolate students' code" in run.output


def test_limits_alone_are_told_as_what_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    have(monkeypatch, None, None)
    (tmp_path / ".checker.yml").write_text("version: 1\nexport: {destination: nowhere}\ntesting: {sandbox: rlimits}\n")

    facts = by_name("rlimits")
    run = CliRunner().invoke(main, ["doctor", str(tmp_path)])

    assert facts["students' code"].text == "runs in rlimits, by .checker.yml"
    assert "students' code: runs in rlimits, by .checker.yml" in run.output
    assert facts["number of processes"].text == "enforced"
    assert facts["no network"] == doctor.Fact("no network", doctor.State.BAD, "not enforced")


def test_a_setting_that_cannot_be_met_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "docker")

    assert "There is no sandbox called 'docker'" in by_name()["students' code"].text


@pytest.mark.parametrize(("release", "version"), [("5.4.0-42-generic", (5, 4)), ("6.18.44", (6, 18)), ("4.19+", (4,))])
def test_a_kernels_version_is_read(release: str, version: tuple[int, ...]) -> None:
    assert doctor.kernel(release) == version


def test_a_tool_that_is_missing_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert {fact.state for fact in doctor.tools()} == {doctor.State.LACKING}
    assert doctor.tools()[1].text.endswith("apt install cmake")
