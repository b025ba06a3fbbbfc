"""aggregate: how scores become one."""

import pytest

from checker.exceptions import PluginExecutionFailed
from checker.plugins.aggregate import AggregatePlugin


@pytest.mark.parametrize(
    ("scores", "weights", "strategy", "result"),
    [
        ([0.5, 1.0, 0.0], None, "mean", 0.5),
        ([1.0, 1.0], [0.6, 0.4], "mean", 0.5),
        ([1.0, 0.5], [0.6, 0.4], "sum", 0.8),
        ([1.0, 0.5], [0.6, 2.0], "min", 0.6),
        ([1.0, 0.5], [0.6, 2.0], "max", 1.0),
        ([0.5, 0.5, 2], None, "product", 0.5),
        ([0.1] * 10, None, "sum", 1.0),
    ],
)
def test_scores_times_weights_become_one(scores: list[float], weights: list[float] | None, strategy: str, result: float) -> None:
    output = AggregatePlugin().run({"scores": scores, "weights": weights, "strategy": strategy})

    assert output.percentage == result
    assert f"Score: {result:.2f}" in output.output


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"scores": []}, "There are no scores"),
        ({"scores": [1, 2], "weights": [1]}, "2 scores but 1 weights"),
    ],
)
def test_scores_that_cannot_be_combined_fail_the_stage(args: dict[str, object], error: str) -> None:
    with pytest.raises(PluginExecutionFailed, match=error):
        AggregatePlugin().run(args)
