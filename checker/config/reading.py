"""Read a YAML file into a pydantic model; every fault is told with its file, line and key."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from checker.exceptions import BadConfig

Key = str | int
M = TypeVar("M", bound="Section")


class Section(BaseModel):
    """A mapping in a course's file. Keys that the checker doesn't know are let in, as courses rely on it; see `unknown_keys`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def without_empty_keys(cls, data: Any) -> Any:
        """A key without a value, such as `parameters:` over lines that are comments, is as good as none."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def read(file: Path, model: type[M], name: str | None = None) -> M:
    """The file as `model`; an empty one is all defaults.

    `name` is what errors call the file. Raises BadConfig with every fault, one a line.
    """
    return parse(text_of(file), model, name or str(file))


def parse(text: str, model: type[M], name: str) -> M:
    """The YAML text of the file called `name` as `model`; see `read`."""
    data, node = composed(text, name)
    if node is None:
        data = {"version": 1}
    if not isinstance(data, dict):
        raise BadConfig(f"{name}, line 1: must be a mapping of keys to values, not {type(data).__name__}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [f"{place(name, node, where(fault))}: {said(fault)}" for fault in error.errors(include_url=False)]
        raise BadConfig("\n".join(dict.fromkeys(faults))) from error


class MisplacedError(ValueError):
    """Raised by a validator of a section: something below it, at the keys `path`, is wrong."""

    def __init__(self, message: str, *path: Key) -> None:
        super().__init__(message)
        self.path = path


def where(fault: Any) -> tuple[Key, ...]:
    """The path of the key that is wrong."""
    path: tuple[Key, ...] = fault["loc"]
    return path + getattr(fault.get("ctx", {}).get("error"), "path", ())


def unknown_keys(file: Path, section: Section, name: str | None = None) -> list[str]:
    """A line for each key of the file that the checker ignores."""
    _, node = composed(text_of(file), name or str(file))
    return [
        f"{place(name or str(file), node, key)}: the checker knows no such key and ignores it{hint(str(key[-1]), known)}" for key, known in unknown_in(section)
    ]


def unknown_in(section: Section, above: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], Sequence[str]]]:
    """The path of each key that no field stands for, with the keys that its section has."""
    fields = type(section).model_fields
    for key in section.model_extra or {}:
        yield (*above, key), list(fields)
    for field in fields:
        value = getattr(section, field)
        for index, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(item, Section):
                yield from unknown_in(item, (*above, field) if index is None else (*above, field, index))


def text_of(file: Path) -> str:
    """What the file says; BadConfig if it cannot be read as text."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadConfig(f"{file} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{file} cannot be read: {error}") from error


def composed(text: str, name: str) -> tuple[Any, yaml.Node | None]:
    """The document as values and as nodes, which know their lines; BadConfig if it is no YAML."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return (None, None) if node is None else (loader.construct_document(node), node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadConfig(f"{name}, line {line}: no YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadConfig(f"{name}: no YAML: {error}") from error
    finally:
        loader.dispose()


def place(name: str, node: yaml.Node | None, path: Sequence[Key]) -> str:
    """Where in the file a key stands, or the last one above it that is there: `.checker.yml, line 41, testing.tasks_pipeline[2].fail`."""
    line = 1 if node is None else node.start_mark.line + 1
    told: list[Key] = []
    for key in path:
        if isinstance(node, yaml.MappingNode):
            told.append(key)
            found = [(mark, value) for mark, value in node.value if mark.value == str(key)]
            if not found:
                break
            mark, node = found[-1]
            line = mark.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            told.append(key)
            node = node.value[key]
            line = node.start_mark.line + 1
        else:  # What pydantic adds, such as the alternative of a union that did not fit.
            break
    keys = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in told).lstrip(".")
    return f"{name}, line {line}" + (f", {keys}" if keys else "")


def said(fault: Any) -> str:
    """What pydantic found wrong, and with which value."""
    if fault["type"] == "missing":
        return "is missing"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    value = fault["input"]
    return message if fault["type"] == "value_error" or isinstance(value, (dict, list, Section)) else f"{message}, not {value!r}"


def hint(name: str, known: Sequence[str]) -> str:
    """`. Did you mean "…"?` if a known name is near, else nothing."""
    near = difflib.get_close_matches(name, known, n=1)
    return f'. Did you mean "{near[0]}"?' if near else ""
