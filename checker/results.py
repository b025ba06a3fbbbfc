"""A run's results for programs: JSON, and JUnit XML for what GitLab and others show of tests."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from checker.console import plain
from checker.exceptions import CheckerException
from checker.pipeline import StageResult
from checker.run import Result


def as_json(result: Result) -> dict[str, Any]:
    """The run as a document; its names are those of `outputs` in expressions."""
    return {
        "failed": result.failed,
        "global": [asdict(stage) for stage in result.preparation.stages],
        "tasks": [
            {
                "task": task.name,
                "group": task.group,
                "failed": task.failed,
                "elapsed_time": task.elapsed_time,
                "stages": [asdict(stage) for stage in task.stages],
            }
            for task in result.tasks
        ],
    }


def as_junit(result: Result) -> JUnitXml:
    """The run as JUnit's XML: a suite for each task, a case for each stage."""
    document = JUnitXml("checker")
    if result.preparation.stages:
        document.add_testsuite(suite("global", result.preparation.stages))
    for task in result.tasks:
        document.add_testsuite(suite(task.name, task.stages))
    document.update_statistics()  # type: ignore[no-untyped-call]  # junitparser types a part of itself
    return document


def junit_text(result: Result) -> str:
    """The XML as text."""
    text: bytes = as_junit(result).tostring()  # type: ignore[no-untyped-call]  # junitparser types a part of itself
    return text.decode()


def suite(name: str, stages: Iterable[StageResult]) -> TestSuite:
    """A task's stages."""
    cases = TestSuite(name)
    for stage in stages:
        case = TestCase(stage.name, name, stage.elapsed_time or 0.0)
        if stage.failed:
            failure = Failure(xml_text(stage.reason or "failed"))
            failure.text = xml_text(stage.output)
            case.result = [failure]
        elif stage.skipped:
            case.result = [Skipped(xml_text(stage.reason))]
        else:
            case.system_out = xml_text(stage.output)
        cases.add_testcase(case)
    return cases


def xml_text(text: str) -> str:
    """Text without what XML cannot hold, and without colours."""
    return "".join(character for character in plain(text) if character not in "\ufffe\uffff")


def write(result: Result, json_file: Path | None, junit_file: Path | None) -> None:
    """Write the files that were asked for."""
    if json_file:
        write_text(json_file, json.dumps(as_json(result), indent=2) + "\n")
    if junit_file:
        write_text(junit_file, junit_text(result))


def write_text(file: Path, text: str) -> None:
    """Write a file, in a folder that is made if need be; CheckerException if it cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise CheckerException(f"{file} cannot be written: {error}") from error
