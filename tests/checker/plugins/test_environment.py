"""Which variables a course's program gets, and that no secret is among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.plugins.environment import cleaned

CI = {
    "PATH": "/bin",
    "JAVA_HOME": "/opt/java",
    "CXXFLAGS": "-O2",
    "LC_ALL": "C",
    "CI_COMMIT_SHA": "abc",
    "GITLAB_USER_LOGIN": "ada",
    "COURSE_YEAR": "2026",
    "MANYTASK_TOKEN": "glpat-1",
    "CI_JOB_TOKEN": "x",
    "CI_JOB_JWT_V2": "x",
    "CI_REGISTRY_PASSWORD": "x",
    "CI_REPOSITORY_URL": "https://gitlab-ci-token:x@gitlab.example.org/a.git",
    "TESTER_KEY": "x",
    "ACTIONS_RUNTIME_TOKEN": "x",
    "PYTHON_INDEX": "https://user:secret@pypi.example.org/simple",
    "HOME": "/root",
}


def test_without_a_list_a_program_gets_what_tools_need_and_what_tells_of_the_push() -> None:
    assert set(cleaned(CI, None, {})) == {"PATH", "JAVA_HOME", "CXXFLAGS", "LC_ALL", "CI_COMMIT_SHA", "GITLAB_USER_LOGIN"}


def test_with_a_list_it_gets_that(caplog: pytest.LogCaptureFixture) -> None:
    assert cleaned(CI, ["PATH", "COURSE_YEAR", "NOT_SET"], {}) == {"PATH": "/bin", "COURSE_YEAR": "2026"}
    assert cleaned(CI, [], {}) == {}
    assert caplog.messages == []


def test_a_secret_is_not_taken_by_a_list_either_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    assert cleaned(CI, ["MANYTASK_TOKEN", "PYTHON_INDEX", "PATH"], {}) == {"PATH": "/bin"}
    assert caplog.messages == ["env_whitelist: MANYTASK_TOKEN, PYTHON_INDEX may be secret, so students' code does not get it"]


def test_what_the_course_sets_is_set() -> None:
    assert cleaned(CI, ["PATH"], {"PATH": "/usr/bin", "SEED_TOKEN": "7"}) == {"PATH": "/usr/bin", "SEED_TOKEN": "7"}


@given(
    st.sampled_from(["TOKEN", "SECRET", "PASSWORD", "CREDENTIALS", "PRIVATE_KEY"]),
    st.sampled_from(["CI_JOB_", "GO", "PYTHON", "CMAKE_", "", "x_"]),
    st.booleans(),
)
def test_no_name_of_a_secret_gets_through(secret: str, prefix: str, listed: bool) -> None:
    name = prefix + secret

    assert cleaned({name: "value"}, [name] if listed else None, {}) == {}
