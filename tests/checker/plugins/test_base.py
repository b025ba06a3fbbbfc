"""What every plugin has: arguments that are checked, with errors that name them."""

import logging
from typing import Any

import pytest
from pydantic import Field

from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.plugins import PluginABC, PluginOutput


class Greet(PluginABC):
    """Greets."""

    name = "greet"

    class Args(PluginABC.Args):
        who: str
        times: int = 1
        token: str = Field("", max_length=8)

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        return PluginOutput(f"{'Dear ' if verbose else ''}{args.who}!" * args.times)


def test_a_plugin_gets_its_arguments_parsed() -> None:
    assert Greet().run({"who": "Ada", "times": "2"}) == PluginOutput("Ada!Ada!", percentage=1.0)
    assert Greet().run({"who": "Ada"}, verbose=True).output == "Dear Ada!"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "greet: who: Field required"),
        ({"who": 3, "times": "x"}, "greet: who: Input should be a valid string; times: Input should be a valid integer"),
    ],
)
@pytest.mark.parametrize("action", [Greet().run, Greet.validate])
def test_wrong_arguments_are_named_each(args: dict[str, Any], error: str, action: Any) -> None:
    with pytest.raises(BadConfig) as raised:
        action(args)

    assert str(raised.value).startswith(error)


def test_a_wrong_value_is_not_shown_for_it_may_be_a_secret() -> None:
    with pytest.raises(BadConfig) as raised:
        Greet.validate({"who": "Ada", "token": "glpat-123456789"})

    assert "token" in str(raised.value)
    assert "glpat" not in str(raised.value)


def test_an_unknown_argument_is_ignored_with_a_warning_that_names_the_known(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert Greet().run({"who": "Ada", "tiems": 3}).output == "Ada!"

    assert caplog.messages == ["greet: no such argument, ignored: tiems. It takes: who, times, token"]


def test_a_failure_says_what_failed_and_keeps_what_is_shown_and_the_share() -> None:
    failure = PluginExecutionFailed("Tests failed", output="1 of 4", percentage=0.25)

    assert (str(failure), failure.message, failure.output, failure.percentage) == ("Tests failed", "Tests failed", "1 of 4", 0.25)
    assert PluginExecutionFailed("x", output=None).output == ""
