"""What every app compiles anew, kept for the next one: tests make thousands of apps, all with the same templates and routes."""

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]
_builders: dict[tuple[Any, ...], _Builder] = {}
_dialects: dict[str, Dialect] = {}
_statements: dict[Any, Any] = {}
_make_engine = SQLAlchemy._make_engine


class KeptTemplates(BytecodeCache):
    """Compiled templates, by their name and what is written in them."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the template the code that it has if it was met before."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        assert bucket.code
        self._codes[bucket.key, bucket.checksum] = bucket.code


class KeptRule(Rule):
    """A route whose functions that build addresses are compiled for the first app alone; they hold nothing of the app."""

    def _compile_builder(self, append_unknown: bool = True) -> _Builder:
        key = (self.rule, append_unknown, tuple(self._trace), repr(self.defaults))
        if key not in _builders:
            _builders[key] = super()._compile_builder(append_unknown)
        return _builders[key]


def make_engine(self: SQLAlchemy, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
    """An engine whose compiled SQL is shared with all others on that kind of database: its key holds the dialect, so they share that too."""
    engine = _make_engine(self, bind_key, {**options, "execution_options": {"compiled_cache": _statements}}, app)
    engine.dialect = _dialects.setdefault(engine.dialect.name, engine.dialect)
    return engine
