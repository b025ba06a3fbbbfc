"""Whether a course is in order: its files, its folders, its templates, and every stage of every task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from checker import pipeline
from checker.course import Course, Task
from checker.run import Options, global_names, plugins_of, task_names
from checker.structure import Kind
from checker.templates import TemplateFinder
from checker.tree import walk


@dataclass
class Findings:
    """What is wrong with a course, and what is odd."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unset: set[str] = field(default_factory=set)
    """Environment variables that are not set here, so that the stages that use them could not be checked to the end."""


def validate(course: Course) -> Findings:
    """Look at all that can be looked at without running anything.

    Raises BadConfig or BadStructure for what keeps from looking further.
    """
    tasks = course.tasks()
    findings = Findings(faults=course.missing(), warnings=course.warnings())
    finder = TemplateFinder(course.root, course.config.export.templates)
    findings.faults += [fault for task in tasks for fault in finder.faults(task.path)]
    findings.warnings += contested(course, finder)
    stages(course, tasks, findings)
    return findings


def contested(course: Course, finder: TemplateFinder) -> list[str]:
    """A line for each file that is a student's by its template and the course's by a pattern.

    Here the template counts more; but in an image of `export-private` the template has taken the file's place, and only the pattern is left.
    """
    return [
        f"{file.path} has a template, and a pattern calls it {file.kind.value}: an image for grading would test it instead of the student's"
        for file in walk(course.root, course)
        if file.kind is not Kind.OTHER and finder.stands_for(file.path)
    ]


def stages(course: Course, tasks: Sequence[Task], findings: Findings) -> None:
    """Check every stage with the arguments that it would run with."""
    plugins = plugins_of(course)
    at = datetime.now(UTC)
    names = global_names(course, course.root, Path("checked-tree"), tasks, Options(report=True, verbose=True, show_passed=False, at=at, username="student"))
    context = pipeline.context(names, course.config.default_parameters)
    faults, unset = pipeline.check(course.config.testing.global_pipeline, plugins, context)
    findings.faults += [f"global_pipeline, {fault}" for fault in faults]
    where: dict[str, list[str]] = {}
    for task in tasks:
        task_context = pipeline.context(names, task.parameters, task_names(course, task, at), context["outputs"])
        for pipeline_name, its_stages in (("tasks_pipeline", task.pipeline), ("report_pipeline", task.report_pipeline)):
            faults, more_unset = pipeline.check(its_stages, plugins, task_context)
            unset |= more_unset
            for fault in faults:
                where.setdefault(f"{pipeline_name}, {fault}", []).append(task.name)
    # A stage that all tasks share is wrong once, not sixty times.
    findings.faults += [f"{fault} ({in_tasks(names, len(tasks))})" for fault, names in where.items()]
    findings.unset = unset


def in_tasks(names: Sequence[str], total: int) -> str:
    """Which tasks a fault is in."""
    if len(names) == total > 1:
        return "in every task"
    return f"in {', '.join(names[:5])}" + f" and {len(names) - 5} more" * (len(names) > 5)
