"""Fixtures: the log."""

import io
from collections.abc import Iterator

import pytest

from project.logs import Json, Readable
from tests.project.logged import written_by


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that is logged, as in development."""
    yield from written_by(Readable())


@pytest.fixture
def objects() -> Iterator[io.StringIO]:
    """All that is logged, as in production."""
    yield from written_by(Json())
