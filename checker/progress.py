"""How a run gets on: a line for each stage, and a bar where tasks run side by side and somebody watches."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from checker.config.checker import Fail, Stage
from checker.console import Console
from checker.pipeline import StageResult


class StageLines:
    """Shows each stage as it ends, with its output: of one that failed always, of one that passed if asked for."""

    def __init__(self, console: Console, show_passed: bool) -> None:
        self._console = console
        self._show_passed = show_passed

    def running(self, stage: Stage) -> AbstractContextManager[object]:
        """On a terminal, what is being waited for."""
        return self._console.rich.status(stage.name) if self._console.animated else contextlib.nullcontext()

    def ended(self, stage: Stage, result: StageResult) -> None:
        """A line, and the output below it."""
        self._console.line(*line_of(stage, result))
        if result.failed or (self._show_passed and not result.skipped):
            self._console.output(result.output)


def line_of(stage: Stage, result: StageResult) -> tuple[str, str]:
    """What a stage's line says, and its style."""
    facts = [] if result.elapsed_time is None else [f"{result.elapsed_time:.2f} s"]
    if result.percentage not in (None, 1.0):
        facts.append(f"{result.percentage:.0%}")
    told = f" ({', '.join(facts)})" * bool(facts) + f": {result.reason}" * bool(result.reason)
    if result.skipped:
        return f"  - {stage.name}: skipped, {result.reason}", "dim"
    if not result.failed:
        return f"  ✓ {stage.name}{told}", "green"
    if stage.fail is Fail.NEVER:
        return f"  ✗ {stage.name}{told}. It does not count", "yellow"
    return f"  ✗ {stage.name}{told or ': failed'}", "red"


@contextlib.contextmanager
def progress_of(console: Console, total: int) -> Iterator["TasksBar"]:
    """A bar on a terminal; nothing in a log."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console.rich, transient=True, disable=not console.animated) as progress:
        yield TasksBar(progress, total)


class TasksBar:
    """A bar of tasks, and how many of them failed."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._failed = 0
        self._bar = progress.add_task("Tasks", total=total)

    def advance(self, failed: bool) -> None:
        """One more is done."""
        self._failed += failed
        self._progress.update(self._bar, advance=1, description=f"Tasks, {self._failed} failed" if self._failed else "Tasks")
