"""`${{ expression }}` in a stage's arguments: Jinja2 with native types, in its sandbox."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import TemplateError, Undefined
from jinja2.nativetypes import NativeEnvironment, NativeTemplate
from jinja2.sandbox import SandboxedEnvironment

from checker.exceptions import BadConfig

HINTS = {"username": ". checker grade --username U says who the student is"}
"""What to do about names that are there at times."""


class Environment(dict[str, str]):
    """The environment variables, as `env` in expressions."""


class MissingVariable(BadConfig):
    """An expression asks for an environment variable that is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment has no variable {name}")
        self.name = name


class Absent(Undefined):
    """What a name stands for that nothing defines: usable with `or` and `default`, an error as a value or as text."""

    def fail(self) -> BadConfig:
        """The error to raise."""
        if isinstance(self._undefined_obj, Environment):
            return MissingVariable(str(self._undefined_name))
        return BadConfig(self._undefined_message)

    @property
    def _undefined_message(self) -> str:
        names, name = self._undefined_obj, str(self._undefined_name)
        if not isinstance(names, Mapping):
            return super()._undefined_message
        return f'there is no "{name}" here; there is: {", ".join(sorted(map(str, names))) or "nothing"}{HINTS.get(name, "")}'

    def __str__(self) -> str:
        raise self.fail()


def concatenated(values: Iterable[Any]) -> Any:
    """What a template's parts come to: a lone expression keeps its type, anything else is text.

    Text with expressions in it that reads as a list or a mapping becomes one. Jinja2's own rule goes further and makes a number of
    the text "12" or "1_2", which takes the names of tasks and users for numbers.
    """
    parts = list(values)
    if len(parts) == 1:
        return parts[0]
    text = "".join(str(part) for part in parts)
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass
    return text


class SandboxedNativeEnvironment(NativeEnvironment, SandboxedEnvironment):
    """Jinja2's sandbox, with values instead of text."""

    concat = staticmethod(concatenated)


class SandboxedNativeTemplate(NativeTemplate):
    """A template that ends in `concatenated`."""

    environment_class = SandboxedNativeEnvironment


SandboxedNativeEnvironment.template_class = SandboxedNativeTemplate

JINJA = SandboxedNativeEnvironment(variable_start_string="${{", variable_end_string="}}", undefined=Absent, keep_trailing_newline=True)


def resolve(value: Any, context: Mapping[str, Any]) -> Any:
    """The value with every expression in its strings, at any depth, evaluated over `context`.

    Raises BadConfig with the string that is wrong, MissingVariable if it asks for an environment variable that is not set.
    """
    if isinstance(value, str):
        return evaluated(value, context)
    if isinstance(value, list):
        return [resolve(item, context) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item, context) for key, item in value.items()}
    return value


def evaluated(text: str, context: Mapping[str, Any]) -> Any:
    """The text's value; text without an expression stands for itself."""
    if "${{" not in text and "{%" not in text:
        return text
    try:
        result: Any = JINJA.from_string(text.strip()).render(context)
        if isinstance(result, Absent):
            raise result.fail()
        return result
    except MissingVariable:
        raise
    except BadConfig as error:
        raise BadConfig(f"{text.strip()}: {error}") from error
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadConfig(f"{text.strip()}: {error}") from error


def condition(run_if: bool | str | None, context: Mapping[str, Any]) -> bool:
    """Whether a stage runs; BadConfig unless `run_if` comes to true or false."""
    match resolve(run_if, context):
        case None:
            return run_if is None
        case bool() as answer:
            return answer
        case str() as text if text.strip().lower() in ("true", "false"):
            return text.strip().lower() == "true"
        case other:
            raise BadConfig(f"run_if: {run_if} comes to {other!r}, and must come to true or false")
