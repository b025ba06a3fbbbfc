"""The command `checker`: what each command and option does, and how it ends.

Exit code 0: all is well; 1: something failed, with a line that says what; 2: the command line itself is wrong.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from checker import results
from checker.changes import Push, changed_tasks
from checker.config.checker import CHECKER_FILE, CheckerConfig, FolderConfig
from checker.config.manytask import ManytaskConfig
from checker.config.reading import read
from checker.console import Console, ToConsole
from checker.course import Course, load
from checker.doctor import facts, is_safe, render
from checker.exceptions import CheckerException
from checker.export import Copy, plan, publish, write
from checker.init import init
from checker.run import Options, Result, run
from checker.validate import Findings
from checker.validate import validate as findings_of

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)

root_argument = click.argument("root", type=FOLDER, default=".")
reference_argument = click.argument("reference", type=FOLDER, required=False)
task_option = click.option("-t", "--task", "tasks", multiple=True, metavar="TASK", help="Only this task; may be given again.")
group_option = click.option("-g", "--group", "groups", multiple=True, metavar="GROUP", help="Only the tasks of this group; may be given again.")
no_clean_option = click.option("--no-clean", is_flag=True, help="Keep the tree that was tested, and say where it is.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
json_option = click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the results as JSON.")
junit_option = click.option("--junit", "junit_file", type=FILE, metavar="FILE", help="Write the results as JUnit XML.")


SCHEMAS: dict[str, type[BaseModel]] = {
    "schema-checker.json": CheckerConfig,
    "schema-task.json": FolderConfig,
    "schema-group.json": FolderConfig,
    "schema-manytask.json": ManytaskConfig,
}


class Commands(click.Group):
    """Ends with one line for whatever goes wrong, a traceback only for those who debug."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except CheckerException as error:
            Console().error(str(error))
            show_trace()
        except Exception as error:  # noqa: BLE001 - nobody who runs a check should have to read a traceback
            Console().error(f"the checker itself broke: {type(error).__name__}: {error}. CHECKER_DEBUG=1 shows where")
            show_trace()
        sys.exit(1)


def show_trace() -> None:
    """Show where an error came from, if somebody debugs."""
    if os.environ.get("CHECKER_DEBUG"):
        traceback.print_exc()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def main() -> None:
    """Test students' work, report it, and publish a course."""
    logging.basicConfig(handlers=[ToConsole(Console())], level=logging.WARNING, force=True)


@main.command()
@root_argument
@click.option("-v", "--verbose/--no-verbose", help="Also list the tasks that are in order.")
def validate(root: Path, verbose: bool) -> None:
    """Check that the course in ROOT is in order, without running anything."""
    console = Console()
    course = load(root)
    if unset := show_findings(course, console).unset:
        console.warning(f"Not set here, so the stages that use them could not be checked to the end: {', '.join(sorted(unset))}")
    if verbose:
        for task in course.tasks():
            console.line(f"{task.name}: {task.path}")
    console.line(f"{root}: {len(course.tasks())} tasks are in order", "green")


@main.command()
@root_argument
@reference_argument
@task_option
@group_option
@click.option("-p", "--parallelize", is_flag=True, help="Test tasks side by side.")
@click.option("-n", "--num-processes", type=click.IntRange(1), metavar="N", help="So many at a time; with -p alone, as many as there are cores.")
@no_clean_option
@dry_run_option
@json_option
@junit_option
@click.option("-v", "--verbose/--no-verbose", help="Also show the output of stages that passed.")
def check(
    root: Path,
    reference: Path | None,
    tasks: tuple[str, ...],
    groups: tuple[str, ...],
    parallelize: bool,
    num_processes: int | None,
    no_clean: bool,
    dry_run: bool,
    json_file: Path | None,
    junit_file: Path | None,
    verbose: bool,
) -> None:
    """Test the solutions in ROOT, a teacher's repository, with the tests of REFERENCE (the same if not given). Nothing is reported."""
    console = Console()
    course = load(reference or root)
    show_findings(course, console)
    jobs = num_processes or (len(os.sched_getaffinity(0)) if parallelize else 1)
    options = Options(report=False, verbose=True, show_passed=verbose, at=datetime.now(UTC), dry_run=dry_run, clean=not no_clean, jobs=jobs)
    finish(run(course, root, course.selected(tasks, groups), options, console), console, json_file, junit_file, dry_run=dry_run)


@main.command()
@root_argument
@reference_argument
@click.option("--submit-score", is_flag=True, help="Run the report pipelines, too.")
@click.option("--timestamp", metavar="ISO", help="When the work was handed in, such as $CI_PIPELINE_CREATED_AT; now if not given.")
@click.option("--username", metavar="U", help="The student, as ${{ global.username }}.")
@click.option("--branch", metavar="NAME", help="The branch, where CI does not tell it.")
@click.option("--base-ref", metavar="REF", help="What was there before the push; GitLab tells it by itself.")
@click.option("--all-tasks", is_flag=True, help="Grade every task, changed or not.")
@task_option
@group_option
@no_clean_option
@dry_run_option
@json_option
@junit_option
@click.option("-v", "--verbose/--no-verbose", help="Also show what is meant for teachers, such as the output of private tests.")
def grade(
    root: Path,
    reference: Path | None,
    submit_score: bool,
    timestamp: str | None,
    username: str | None,
    branch: str | None,
    base_ref: str | None,
    all_tasks: bool,
    tasks: tuple[str, ...],
    groups: tuple[str, ...],
    no_clean: bool,
    dry_run: bool,
    json_file: Path | None,
    junit_file: Path | None,
    verbose: bool,
) -> None:
    """Test what a push to ROOT, a student's repository, changed, with the tests of REFERENCE, and report it."""
    if submit_score and reference is None:
        raise click.UsageError(
            "--submit-score needs REFERENCE, the course's own files, such as: checker grade . /opt/course --submit-score. "
            "Without it the student's files would say how they are tested, and where the token goes."
        )
    console = Console()
    course = load(reference or root)
    at = instant(timestamp, course)
    push = Push(root, os.environ, branch, base_ref)
    wanted = course.selected(tasks, groups) if all_tasks or tasks or groups else changed_tasks(course, push)
    console.line(f"To grade: {', '.join(task.name for task in wanted)}" if wanted else "Nothing to grade: this push changed no task of the course")
    options = Options(submit_score, verbose, True, at, username, dry_run, clean=not no_clean)
    result = run(course, root, wanted, options, console) if wanted else Result()
    finish(result, console, json_file, junit_file, dry_run=dry_run)


def instant(timestamp: str | None, course: Course) -> datetime:
    """When work was handed in; a time without an offset is local to the course."""
    if timestamp is None:
        return datetime.now(UTC)
    try:
        return course.manytask.deadlines.instant(datetime.fromisoformat(timestamp))
    except ValueError:
        raise click.BadParameter(f'"{timestamp}" is no time such as 2026-09-01T18:00:00Z', param_hint="--timestamp") from None


@main.command()
@click.argument("reference", type=FOLDER, default=".")
@click.argument("export", type=NEW_FOLDER, default="export")
@click.option("--commit", is_flag=True, help="Commit what is new and push it to the destination that .checker.yml names.")
@dry_run_option
def export(reference: Path, export: Path, commit: bool, dry_run: bool) -> None:
    """Write what students get of the course in REFERENCE into EXPORT, which is emptied but for .git."""
    console = Console()
    course = load(reference)
    show_findings(course, console)
    copies = plan(course, datetime.now(UTC), private=False, export=export)
    if dry_run:
        show_plan(copies, console)
    elif not commit:
        write(course, copies, export)
        console.line(f"{export}: {len(copies)} files", "green")
    elif publish(course, copies, export):
        console.line(f"{course.config.export.destination}: {len(copies)} files, pushed to {course.config.export.default_branch}", "green")
    else:
        console.line(f"{course.config.export.destination}: nothing new", "green")


@main.command()
@click.argument("reference", type=FOLDER, default=".")
@click.argument("export", type=NEW_FOLDER, default="export")
@dry_run_option
def export_private(reference: Path, export: Path, dry_run: bool) -> None:
    """Write what grading needs of the course in REFERENCE, private tests and no solutions, into EXPORT, for baking into an image."""
    console = Console()
    course = load(reference)
    show_findings(course, console)
    copies = plan(course, datetime.now(UTC), private=True, export=export)
    if dry_run:
        show_plan(copies, console)
    else:
        write(course, copies, export)
        console.line(f"{export}: {len(copies)} files", "green")


def show_plan(copies: Sequence[Copy], console: Console) -> None:
    """List the files that would be written."""
    for one in copies:
        console.line(str(one.target) if one.source == one.target else f"{one.target} (from {one.source})")
    console.line(f"{len(copies)} files would be written")


@main.command("init")
@click.argument("folder", type=NEW_FOLDER, default=".")
def init_command(folder: Path) -> None:
    """Write a small course into FOLDER: tasks in Python and C++, and files for GitLab's CI and GitHub's Actions."""
    console = Console()
    for path in init(folder, datetime.now(UTC).date()):
        console.line(str(folder / path))
    console.line(f"Now try: checker check {folder}", "bold")


@main.command()
@click.argument("out", type=NEW_FOLDER, default=".")
def schema(out: Path) -> None:
    """Write JSON schemas of the course's files into the folder OUT, for editors."""
    for name, model in SCHEMAS.items():
        results.write_text(out / name, json.dumps(model.model_json_schema(), indent=2) + "\n")
        Console().line(str(out / name))


@main.command()
@root_argument
def doctor(root: Path) -> None:
    """Say what this machine can enforce when it runs students' code, and what is missing; for the course in ROOT if there is one."""
    console = Console()
    file = root / CHECKER_FILE
    found = facts(read(file, CheckerConfig, str(file)).testing.sandbox if file.exists() else None)
    for line in render(found).splitlines():
        console.line(line)
    if not is_safe(found):
        raise CheckerException("This machine does not isolate students' code")


def show_findings(course: Course, console: Console) -> Findings:
    """Show what is odd about the course, and return all that was found; CheckerException if anything is wrong with it."""
    findings = findings_of(course)
    for warning in findings.warnings:
        console.warning(warning)
    if findings.faults:
        raise CheckerException("\n".join(findings.faults))
    return findings


def finish(result: Result, console: Console, json_file: Path | None, junit_file: Path | None, *, dry_run: bool) -> None:
    """Say how a run ended; CheckerException if anything failed."""
    results.write(result, json_file, junit_file)
    if dry_run:
        console.title("Nothing was run")
    elif result.tasks:
        console.title(f"{sum(not task.failed for task in result.tasks)} of {len(result.tasks)} tasks passed")
    if result.preparation.failed:
        raise CheckerException("what runs before all tasks failed: " + named(result.preparation.failures))
    if failed := [task for task in result.tasks if task.failed]:
        raise CheckerException("\n".join(f"{task.name} failed at {named(task.failures)}" for task in failed))


def named(stages: Sequence[str]) -> str:
    """Stages, for a line."""
    return ", ".join(f'"{stage}"' for stage in stages)
