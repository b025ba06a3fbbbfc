"""aggregate: several stages' scores made one."""

import math
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from checker.exceptions import PluginExecutionFailed
from checker.plugins.base import PluginABC, PluginOutput

STRATEGIES: dict[str, Callable[[list[float]], float]] = {
    "mean": lambda scores: math.fsum(scores) / len(scores),
    "sum": math.fsum,
    "min": min,
    "max": max,
    "product": math.prod,
}


class AggregatePlugin(PluginABC):
    """The scores, each times its weight, combined; the result is the stage's percentage.

    The mean is over the number of scores, not over their weights: weights that add up to 1 want the strategy `sum`.
    """

    name = "aggregate"

    class Args(PluginABC.Args):
        scores: list[float] = Field(description="What to combine, such as ${{ outputs.tests.percentage }}")
        weights: list[float] | None = Field(None, description="What each score is multiplied by; 1 each unless given")
        strategy: Literal["mean", "sum", "min", "max", "product"] = "mean"

    def _run(self, args: Args, *, verbose: bool = False) -> PluginOutput:
        weights = args.weights or [1.0] * len(args.scores)
        if not args.scores:
            raise PluginExecutionFailed("There are no scores to aggregate")
        if len(weights) != len(args.scores):
            raise PluginExecutionFailed(f"{len(args.scores)} scores but {len(weights)} weights: give each score one")
        weighted = [score * weight for score, weight in zip(args.scores, weights, strict=True)]
        result = STRATEGIES[args.strategy](weighted)
        scores = ", ".join(f"{score:g} × {weight:g}" for score, weight in zip(args.scores, weights, strict=True))
        return PluginOutput(f"The {args.strategy} of {scores}\nScore: {result:.2f}", result)
