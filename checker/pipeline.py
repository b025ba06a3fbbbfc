"""Pipelines: stages one after another, each a plugin with arguments, and what a failure does to the rest."""

import os
import time
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from checker.config.checker import Fail, Stage
from checker.exceptions import BadConfig, PluginExecutionFailed
from checker.expressions import Environment, MissingVariable, condition, resolve
from checker.plugins import PluginABC

Plugins = Mapping[str, type[PluginABC]]
Context = dict[str, Any]

PARTIALLY_SCORED = "partially_scored"
"""The argument of any stage that turns its failure into a share of the points."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went; in expressions, `outputs.<key>` is one."""

    name: str
    failed: bool = False
    skipped: bool = False
    percentage: float | None = None
    elapsed_time: float | None = None
    output: str = ""
    reason: str = ""
    """Why it failed or was skipped."""


@dataclass
class PipelineResult:
    """How a pipeline went."""

    stages: list[StageResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """The names of the stages that failed and count."""

    @property
    def failed(self) -> bool:
        """Whether a stage failed that counts."""
        return bool(self.failures)


class Observer(Protocol):
    """Whoever shows how a pipeline gets on."""

    def running(self, stage: Stage) -> AbstractContextManager[object]:
        """A stage runs."""

    def ended(self, stage: Stage, result: StageResult) -> None:
        """A stage ended, or was skipped."""


def context(
    global_: Mapping[str, Any], parameters: Mapping[str, Any], task: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None
) -> Context:
    """What expressions can name."""
    named: Context = {"global": global_, "parameters": parameters, "env": Environment(os.environ), "outputs": dict(outputs or {})}
    return named if task is None else named | {"task": task}


def run(stages: Iterable[Stage], plugins: Plugins, names: Context, observer: Observer, *, verbose: bool = False, dry_run: bool = False) -> PipelineResult:
    """Run the stages; what they register goes into the context's outputs.

    A stage that fails by `fail: fast` skips the rest, by `after_all` it marks the pipeline as failed, by `never` it is only shown.
    """
    result = PipelineResult()
    failed_fast: str | None = None
    for stage in stages:
        if failed_fast is not None:
            outcome = StageResult(stage.name, skipped=True, reason=f'"{failed_fast}" failed')
        elif dry_run:
            outcome = StageResult(stage.name, percentage=1.0, reason=f"would run {stage.run} with {stage.args}")
        else:
            with observer.running(stage):
                outcome = run_stage(stage, plugins, names, verbose)
        result.stages.append(outcome)
        if stage.register_output:
            names["outputs"][stage.register_output] = outcome
        if outcome.failed and stage.fail is not Fail.NEVER:
            result.failures.append(stage.name)
            if stage.fail is Fail.FAST:
                failed_fast = stage.name
        observer.ended(stage, outcome)
    return result


def run_stage(stage: Stage, plugins: Plugins, names: Context, verbose: bool) -> StageResult:
    """Run a stage, unless its condition is false; whatever a plugin raises is a failure of the stage."""
    started = time.perf_counter()

    def outcome(**how: Any) -> StageResult:
        return StageResult(stage.name, elapsed_time=time.perf_counter() - started, **how)

    try:
        if not condition(stage.run_if, names):
            return StageResult(stage.name, skipped=True, reason=f"run_if: {stage.run_if}")
        args = resolve(stage.args, names)
        done = plugin_of(stage, plugins)().run(without_our_own(args), verbose=verbose)
        return outcome(percentage=done.percentage, output=done.output)
    except PluginExecutionFailed as failure:
        partial = bool(args.get(PARTIALLY_SCORED, False))
        return outcome(failed=not partial, percentage=failure.percentage, output=failure.output, reason=failure.message)
    except BadConfig as error:
        return outcome(failed=True, percentage=0.0, reason=f"the course's settings are wrong: {error}")
    except Exception as error:  # noqa: BLE001 - a course's own plugin may raise anything, and the student must see one line
        trace = traceback.format_exc() if verbose else ""
        return outcome(failed=True, percentage=0.0, output=trace, reason=f"the plugin {stage.run} broke: {type(error).__name__}: {error}")


def plugin_of(stage: Stage, plugins: Plugins) -> type[PluginABC]:
    """The stage's plugin; BadConfig if there is none of the name."""
    if stage.run not in plugins:
        raise BadConfig(f'there is no plugin "{stage.run}". There are: {", ".join(sorted(plugins))}')
    return plugins[stage.run]


def check(stages: Sequence[Stage], plugins: Plugins, names: Context) -> tuple[list[str], set[str]]:
    """The faults of the stages, and the environment variables that are not set here and so kept arguments from being checked."""
    faults: list[str] = []
    unset: set[str] = set()
    for stage in stages:
        args: dict[str, Any] = {}
        missing: set[str] = set()
        try:
            plugin = plugin_of(stage, plugins)
            condition(stage.run_if, names)
            for key, value in stage.args.items():
                try:
                    args[key] = resolve(value, names)
                except MissingVariable as variable:
                    missing.add(variable.name)
            if not missing:
                plugin.validate(without_our_own(args))
        except MissingVariable as variable:
            missing.add(variable.name)
        except BadConfig as error:
            faults.append(f'stage "{stage.name}": {error}')
        unset |= missing
        if stage.register_output:
            names["outputs"][stage.register_output] = StageResult(stage.name, percentage=1.0, elapsed_time=0.0)
    return faults, unset


def without_our_own(args: Mapping[str, Any]) -> dict[str, Any]:
    """The plugin's own arguments."""
    return {key: value for key, value in args.items() if key != PARTIALLY_SCORED}
