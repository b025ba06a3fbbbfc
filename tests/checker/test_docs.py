"""docs/checker.md names every key of the course's files, every name of expressions, and every command with its options."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from checker.cli import main
from checker.config.checker import CheckerConfig, Export, FolderConfig, Stage, Structure, Testing
from checker.config.manytask import Deadlines, GroupEntry, TaskEntry

PAGE = (Path(__file__).parents[2] / "docs/checker.md").read_text()


@pytest.mark.parametrize("section", [CheckerConfig, Structure, Export, Testing, Stage, FolderConfig, Deadlines, GroupEntry, TaskEntry])
def test_every_key_is_described(section: type[BaseModel]) -> None:
    assert [key for key in section.model_fields if f"{key}`" not in PAGE and f"`{key}." not in PAGE] == []


def options() -> Iterator[tuple[str, str]]:
    """Each command with each of its options."""
    for name, command in main.commands.items():
        yield name, f"checker {name}"
        yield from ((name, max(parameter.opts, key=len)) for parameter in command.params if isinstance(parameter, click.Option) and parameter.name != "verbose")


@pytest.mark.parametrize(("command", "said"), list(options()))
def test_every_command_and_option_is_described(command: str, said: str) -> None:
    assert f"`{said}" in PAGE or (said == "--num-processes" and "`-n N`" in PAGE) or (said == "--parallelize" and "`-p`" in PAGE)
