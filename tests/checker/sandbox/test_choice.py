"""Which sandbox a machine gets, and what one refuses that can't isolate."""

from pathlib import Path

import pytest

from checker.sandbox import Job, Limits, SandboxUnavailable, bubblewrap, choose, minijail
from checker.sandbox.choice import ISOLATING, SETTING, accepting
from checker.sandbox.rlimits import Rlimits

NOTHING = Job(["true"], Path("/"), {})


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)


def have(monkeypatch: pytest.MonkeyPatch, bwrap: bool, jail: bool) -> None:
    """A machine on which these work."""
    for name, backend, works in (("bubblewrap", bubblewrap.Bubblewrap, bwrap), ("minijail", minijail.Minijail, jail)):
        why = None if works else f"{name} is missing: install it"
        monkeypatch.setitem(ISOLATING, name, (backend, lambda why=why: why))


@pytest.mark.parametrize(
    ("bwrap", "jail", "name"), [(True, True, "bubblewrap"), (True, False, "bubblewrap"), (False, True, "minijail"), (False, False, "rlimits")]
)
def test_the_strongest_that_works_is_chosen(bwrap: bool, jail: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, bwrap, jail)

    assert choose().name == name


def test_the_environment_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, True, True)
    monkeypatch.setenv(SETTING, "minijail")

    assert choose().name == "minijail"
    assert choose("bubblewrap").name == "bubblewrap"


def test_the_course_accepts_limits_alone_and_the_environment_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, True, True)

    with accepting("rlimits"):
        assert choose().run(NOTHING, Limits()).exit_code == 0
        monkeypatch.setenv(SETTING, "bubblewrap")
        assert choose().name == "bubblewrap"
        monkeypatch.setenv(SETTING, "rlimits")
        assert choose().name == "rlimits"
    for course in (None, "bubblewrap"):
        with accepting(course), pytest.raises(SandboxUnavailable, match=r"without isolation.*sandbox: rlimits"):
            choose()


def test_one_that_is_named_and_does_not_work_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, False, True)

    with pytest.raises(SandboxUnavailable, match="install it"):
        choose("bubblewrap")
    with pytest.raises(SandboxUnavailable, match=r"called 'docker'.*bubblewrap, minijail, rlimits"):
        choose("docker")


@pytest.mark.parametrize("how", [{"name": "rlimits"}, {"allow_fallback": True}])
def test_limits_alone_run_what_wants_isolation_only_if_somebody_said_so(how: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, False, False)

    with pytest.raises(SandboxUnavailable, match="without a network, which the sandbox rlimits can't do"):
        choose().run(NOTHING, Limits())
    assert choose(**how).run(NOTHING, Limits()).exit_code == 0  # type: ignore[arg-type] # One keyword or the other.


@pytest.mark.parametrize(
    ("job", "wants"),
    [
        (NOTHING, "without a network"),
        (Job(["true"], Path("/"), {}, hidden=[Path("/etc")], network=True), "to hide files"),
        (Job(["true"], Path("/"), {}, hidden=[Path("/etc")]), "to hide files and to be without a network"),
    ],
)
def test_a_refusal_names_what_cannot_be_done(job: Job, wants: str) -> None:
    with pytest.raises(SandboxUnavailable, match=wants):
        Rlimits().run(job, Limits())


def test_limits_alone_run_what_wants_no_isolation() -> None:
    assert Rlimits().run(Job(["true"], Path("/"), {}, network=True), Limits()).exit_code == 0
