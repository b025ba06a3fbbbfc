"""A run: the merged tree, the global pipeline, then each task's pipeline and report, one after another or side by side."""

import contextlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checker import pipeline, provenance, tree
from checker.console import Console
from checker.course import Course, Task
from checker.pipeline import PipelineResult, Plugins, StageResult
from checker.plugins import folders, load_plugins
from checker.plugins.folders import Folders
from checker.progress import StageLines, progress_of
from checker.sandbox.choice import accepting


@dataclass(frozen=True)
class Options:
    """How a run goes."""

    report: bool
    """Whether the report pipelines run."""
    verbose: bool
    """Whether this is a teacher's run: plugins show what students must not see."""
    show_passed: bool
    """Whether the output of stages that passed is shown, too."""
    at: datetime
    """When the work was handed in."""
    username: str | None = None
    dry_run: bool = False
    clean: bool = True
    jobs: int = 1


@dataclass
class TaskResult:
    """How a task went."""

    name: str
    group: str
    stages: list[StageResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """The names of the stages that failed and count."""
    elapsed_time: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether a stage failed that counts."""
        return bool(self.failures)


@dataclass
class Result:
    """How a run went."""

    preparation: PipelineResult = field(default_factory=PipelineResult)
    tasks: list[TaskResult] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether anything failed."""
        return self.preparation.failed or any(task.failed for task in self.tasks)


@dataclass(frozen=True)
class Run:
    """What all tasks of a run share."""

    course: Course
    plugins: Plugins
    options: Options
    names: Mapping[str, Any]
    """`global` in expressions."""
    outputs: Mapping[str, StageResult] = field(default_factory=dict)
    """What the global pipeline registered."""


def plugins_of(course: Course) -> Plugins:
    """The plugins that the course can use; `search_plugins` are folders of the course."""
    return load_plugins([course.root / folder for folder in course.config.testing.search_plugins])


def global_names(course: Course, repository: Path, place: Path, tasks: Sequence[Task], options: Options) -> dict[str, Any]:
    """What `global` stands for in expressions."""
    return {
        "ref_dir": str(course.root.absolute()),
        "repo_dir": str(repository.absolute()),
        "temp_dir": str(place.absolute()),
        "task_names": [task.name for task in tasks],
        "task_sub_paths": [str(task.path) for task in tasks],
        "timestamp": options.at.isoformat(),
        **({} if options.username is None else {"username": options.username}),
    }


def task_names(course: Course, task: Task, at: datetime) -> dict[str, Any]:
    """What `task` stands for in expressions."""
    return {"task_name": task.name, "task_sub_path": str(task.path), "task_score_percent": course.score_percent(task, at)}


def run(course: Course, repository: Path, tasks: Sequence[Task], options: Options, console: Console) -> Result:
    """Test the tasks of a repository; failures are collected."""
    plugins = plugins_of(course)
    with (
        temporary_folder(options.clean, console) as place,
        tempfile.TemporaryDirectory(prefix="checker-packages-", ignore_cleanup_errors=True) as packages,
        folders.running(Folders(course.root, repository, place, Path(packages))),
        accepting(course.config.testing.sandbox),
    ):
        built = tree.build(course, repository, place)
        provenance.record(place, built.students, built.private, built.shared)
        names = global_names(course, repository, place, tasks, options)
        preparation = PipelineResult()
        outputs: Mapping[str, StageResult] = {}
        if stages := course.config.testing.global_pipeline:
            console.title("Before all tasks")
            context = pipeline.context(names, course.config.default_parameters)
            preparation = pipeline.run(stages, plugins, context, StageLines(console, options.show_passed), verbose=options.verbose, dry_run=options.dry_run)
            outputs = context["outputs"]
        if preparation.failed:
            return Result(preparation)
        shared = Run(course, plugins, options, names, outputs)
        side_by_side = options.jobs > 1 and len(tasks) > 1
        results = in_processes(shared, tasks, console) if side_by_side else [run_task(shared, task, console) for task in tasks]
        return Result(preparation, results)


def run_task(shared: Run, task: Task, console: Console) -> TaskResult:
    """Test a task and report it; it is reported only if it passed."""
    console.title(task.name)
    options = shared.options
    result = TaskResult(task.name, task.group)
    started = time.perf_counter()
    context = pipeline.context(shared.names, task.parameters, task_names(shared.course, task, options.at), shared.outputs)
    for stages in (task.pipeline, task.report_pipeline if options.report else ()):
        if not result.failed:
            done = pipeline.run(stages, shared.plugins, context, StageLines(console, options.show_passed), verbose=options.verbose, dry_run=options.dry_run)
            result.stages += done.stages
            result.failures += done.failures
    result.elapsed_time = time.perf_counter() - started
    return result


def in_processes(shared: Run, tasks: Sequence[Task], console: Console) -> list[TaskResult]:
    """Test the tasks side by side, each task's log in one piece; in the tasks' order."""
    results: dict[str, TaskResult] = {}
    # Forked, for courses' own plugins need not be picklable; and before the progress bar starts its thread.
    with ProcessPoolExecutor(min(shared.options.jobs, len(tasks)), multiprocessing.get_context("fork"), share, (shared,)) as pool:
        futures = {pool.submit(run_task_apart, task, console.colour): task for task in tasks}
        with progress_of(console, len(tasks)) as progress:
            for future in as_completed(futures):
                task = futures[future]
                results[task.name], text = outcome(future, task)
                progress.advance(results[task.name].failed)
                console.output(text)
    return [results[task.name] for task in tasks]


_shared: Run
"""In a process of the pool: what its tasks share."""


def share(shared: Run) -> None:
    """Start a process of the pool."""
    global _shared
    _shared = shared


def outcome(future: "Future[tuple[TaskResult, str]]", task: Task) -> tuple[TaskResult, str]:
    """What a process came to; one that died is a failure of the task."""
    try:
        return future.result()
    except BrokenProcessPool:
        lost = StageResult("Run the task", failed=True, reason="a process that ran tasks died: a plugin ended it, or memory ran out")
        return TaskResult(task.name, task.group, [lost], [lost.name]), f"{task.name}: {lost.reason}"


def run_task_apart(task: Task, colour: bool) -> tuple[TaskResult, str]:
    """Run in a process of the pool: the task's result, and all that it and its programs wrote."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="backslashreplace") as log:
        kept = [os.dup(number) for number in (1, 2)]
        try:
            for number in (1, 2):
                os.dup2(log.fileno(), number)
            with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
                result = run_task(_shared, task, Console(colour=colour))
                log.flush()
        finally:
            for number, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, number)
                os.close(copy)
        return result, Path(f"/proc/self/fd/{log.fileno()}").read_text("utf-8", "replace")


@contextlib.contextmanager
def temporary_folder(clean: bool, console: Console) -> Iterator[Path]:
    """A new folder, gone afterwards unless somebody wants to look at it."""
    folder = Path(tempfile.mkdtemp(prefix="checker-"))
    try:
        yield folder
    finally:
        provenance.forget(folder)
        if clean:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            console.line(f"The tested tree is in {folder}")
