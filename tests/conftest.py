"""Fixtures for all tests."""

import gc
import os
from collections.abc import Generator, Iterator

import pytest

from tests import chromium
from tests.servers import POSTGRES_PACKAGE, RABBIT_PACKAGE, PostgresServer, RabbitServer, missing_programs

pytest_plugins = ["tests.app_fixtures"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this run."""
    require(POSTGRES_PACKAGE)
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitServer]:
    """A RabbitMQ server for this run."""
    require(RABBIT_PACKAGE)
    with RabbitServer() as server:
        yield server


def pytest_configure() -> None:
    """Look for garbage seldom: it took a sixth of all time. What nobody closed may be told of in a later test for that."""
    gc.set_threshold(10_000)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end; the garbage collector need not look at it over and over."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tests log half surrogate pairs on purpose; what was logged goes from one process to another as UTF-8, which has none."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def require(package: str) -> None:
    """Skip the test when the package's programs are missing; in CI, where nobody would see it, fail."""
    if package not in missing_programs() and (package != chromium.PACKAGE or chromium.is_installed()):
        return
    message = f"needs the programs of {package}; Debian, Ubuntu: apt install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
