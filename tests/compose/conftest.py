"""Fixtures: an engine, and the checkout's own folder for each stack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.stack import COMPOSE


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine and docker-compose."""
    if not shutil.which(COMPOSE[0]):
        pytest.fail("docker-compose is missing", pytrace=False)


@pytest.fixture(scope="module")
def copy(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for a copy of the checkout; its name is the project's for docker-compose."""
    folder = tmp_path_factory.mktemp("callboard-compose")
    yield folder
    shutil.rmtree(folder)
