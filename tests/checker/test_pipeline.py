"""Pipelines: what a failure does to the rest, what is registered, what is skipped."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from checker.config.checker import Stage
from checker.exceptions import PluginExecutionFailed
from checker.pipeline import PipelineResult, StageResult, context, run
from checker.plugins import PluginABC, PluginOutput


class Say(PluginABC):
    """Says something, or fails with it."""

    name = "say"

    class Args(PluginABC.Args):
        """What it says."""

        text: str = ""
        fails: bool = False
        share: float = 1.0

    def _run(self, args: Any, *, verbose: bool = False) -> PluginOutput:
        if args.fails:
            raise PluginExecutionFailed("as told", output=args.text, percentage=args.share)
        return PluginOutput(args.text + ("!" if verbose else ""), args.share)


class Silence:
    """Shows nothing."""

    def running(self, stage: Stage) -> AbstractContextManager[object]:
        """Nothing."""
        return nullcontext()

    def ended(self, stage: Stage, result: StageResult) -> None:
        """Nothing."""


def ran(*stages: dict[str, Any], verbose: bool = False, **names: Any) -> PipelineResult:
    """How stages of the plugin `say` go; each may name a part of itself only."""
    full = [Stage.model_validate({"name": f"stage {number}", "run": "say", **stage}) for number, stage in enumerate(stages)]
    return run(full, {"say": Say}, context({}, names), Silence(), verbose=verbose)


def states(result: PipelineResult) -> list[str]:
    """A word for each stage."""
    return ["skipped" if stage.skipped else "failed" if stage.failed else "passed" for stage in result.stages]


FAILS = {"args": {"fails": True}}


@pytest.mark.parametrize(
    ("stages", "expected", "failures"),
    [
        ([{}, {}], ["passed", "passed"], []),
        ([FAILS, {}, {}], ["failed", "skipped", "skipped"], ["stage 0"]),
        ([{**FAILS, "fail": "fast"}, {}], ["failed", "skipped"], ["stage 0"]),
        ([{**FAILS, "fail": "after_all"}, {}, FAILS, {}], ["failed", "passed", "failed", "skipped"], ["stage 0", "stage 2"]),
        ([{**FAILS, "fail": "never"}, {}], ["failed", "passed"], []),
        ([{"run_if": False}, {}], ["skipped", "passed"], []),
        ([{**FAILS, "run_if": "${{ parameters.absent | default(false) }}"}], ["skipped"], []),
        ([{"args": {"fails": True, "partially_scored": True}}, {}], ["passed", "passed"], []),
        ([{"args": {"fails": True, "partially_scored": False}}, {}], ["failed", "skipped"], ["stage 0"]),
        ([{"run": "nothing"}, {}], ["failed", "skipped"], ["stage 0"]),
        ([{"args": {"share": "much"}, "fail": "after_all"}, {}], ["failed", "passed"], ["stage 0"]),
    ],
)
def test_a_failure_does_to_the_rest_what_its_stage_says(stages: list[dict[str, Any]], expected: list[str], failures: list[str]) -> None:
    result = ran(*stages)

    assert states(result) == expected
    assert result.failures == failures
    assert result.failed is bool(failures)


def test_a_partially_scored_stage_keeps_its_share_and_its_output() -> None:
    result = ran(
        {"args": {"fails": True, "partially_scored": True, "share": 0.4, "text": "2 of 5"}, "register_output": "tests"},
        {"args": {"text": "${{ outputs.tests.percentage }} ${{ outputs.tests.output }}"}},
    )

    assert result.stages[0].percentage == 0.4
    assert result.stages[1].output == "0.4 2 of 5"


def test_what_is_registered_can_be_named_afterwards_whether_it_passed_failed_or_was_skipped() -> None:
    result = ran(
        {"register_output": "passed", "args": {"text": "a", "share": 0.5}},
        {"register_output": "failed", "args": {"fails": True}, "fail": "never"},
        {"register_output": "skipped", "run_if": False},
        {"args": {"text": "${{ outputs.passed.name }}, ${{ outputs.failed.failed }}, ${{ outputs.skipped.skipped }}, ${{ outputs.passed.elapsed_time >= 0 }}"}},
    )

    assert result.stages[-1].output == "stage 0, True, True, True"


def test_the_arguments_of_a_skipped_stage_are_not_looked_at() -> None:
    assert states(ran({"run_if": False, "args": {"text": "${{ nobody.knows }}"}})) == ["skipped"]


def test_a_stage_whose_arguments_are_wrong_says_which() -> None:
    result = ran({"args": {"share": "much", "text": "${{ 'a' }}"}})

    assert "the course's settings are wrong: say: share" in result.stages[0].reason


def test_a_teachers_run_lets_plugins_show_more() -> None:
    assert [ran({"args": {"text": "a"}}, verbose=verbose).stages[0].output for verbose in (False, True)] == ["a", "a!"]


def test_secrets_of_the_environment_are_not_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTER_TOKEN", "s3cret")

    assert "s3cret" not in repr(ran({"args": {"share": "${{ env.TESTER_TOKEN }}"}}))
