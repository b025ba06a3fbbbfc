"""Of processes that migrate one database at once, as containers that start together do, one migrates and the others wait and find nothing to do."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from project.health import newest_migrations
from project.settings import POSTGRES_PARTS, RABBITMQ_PARTS
from tests.apps import SECRET, migrate
from tests.servers import PostgresServer
from tests.site import BIN, OTHER_SETTINGS, ROOT
from tests.waiting import wait_until

WAITS = "another process migrates; waiting\n"
LOCK = int.from_bytes(b"callboar")


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    return f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


@contextmanager
def session(database: str) -> Iterator[Any]:
    """A cursor of a PostgreSQL session of one's own, which commits each statement."""
    connection = psycopg2.connect(database.replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        yield connection.cursor()
    finally:
        connection.close()


@contextmanager
def held(database: str) -> Iterator[None]:
    """The lock as another process that migrates holds it."""
    if database.startswith("sqlite"):
        folder = os.open(Path(database.removeprefix("sqlite:///")).parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
    else:
        with session(database) as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            yield


class Migration:
    """A `flask db …` process, and what it writes to standard error."""

    def __init__(self, database: str, folder: Path, *command: str) -> None:
        self._log = folder / f"migration-{len(list(folder.glob('migration-*')))}.log"
        # Blank hides what the developer's own .env says.
        blank = dict.fromkeys((*POSTGRES_PARTS, *RABBITMQ_PARTS, *OTHER_SETTINGS), "")
        environment = os.environ | blank | {"SECRET_KEY": SECRET, "DATABASE_URL": database}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([BIN / "flask", "db", *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=log)

    def said(self) -> str:
        """What it wrote so far."""
        return self._log.read_text()

    def waits(self) -> bool:
        """Whether it says that it waits."""
        assert self.process.poll() is None, self.said()
        return WAITS in self.said()

    def ends(self) -> None:
        """Wait for its end, which must be a success."""
        assert self.process.wait(timeout=60) == 0, self.said()


@contextmanager
def migrating(database: str, folder: Path, *command: str) -> Iterator[Migration]:
    """A migration that is killed if the block leaves it behind."""
    migration = Migration(database, folder, *command)
    try:
        yield migration
    finally:
        migration.process.kill()
        migration.process.wait()


def revisions(database: str) -> frozenset[str]:
    """Which migrations the database says were the last."""
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            return frozenset(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()


def test_of_two_upgrades_of_an_empty_database_at_once_both_succeed(postgres_database: str, tmp_path: Path) -> None:
    with migrating(postgres_database, tmp_path, "upgrade") as one, migrating(postgres_database, tmp_path, "upgrade") as other:
        # Given both underway, which a table that is not committed holds up before the first migration
        with session(postgres_database) as obstacle:
            obstacle.execute("BEGIN; CREATE TABLE alembic_version (id integer)")
            wait_until(lambda: blocked(postgres_database) + one.waits() + other.waits() == 2)

        # When the table is gone again
        one.ends()
        other.ends()

    assert revisions(postgres_database) == newest_migrations()


def test_upgrades_wait_and_say_so_once_while_another_process_migrates_and_then_go_on(empty_database: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        # Given two that wait
        with held(empty_database):
            upgrades = [running.enter_context(migrating(empty_database, tmp_path, "upgrade")) for _ in range(2)]
            for upgrade in upgrades:
                wait_until(upgrade.waits)
            assert revisions(empty_database) == frozenset()

        # When the lock is free, they go on, one after the other
        for upgrade in upgrades:
            upgrade.ends()

    assert revisions(empty_database) == newest_migrations()
    assert [upgrade.said().count(WAITS) for upgrade in upgrades] == [1, 1]


@pytest.mark.parametrize("command", ["upgrade", "downgrade base"])
def test_what_has_little_or_much_to_do_on_a_migrated_database_waits_too(postgres_database: str, tmp_path: Path, command: str) -> None:
    migrate(postgres_database)

    with ExitStack() as running:
        with held(postgres_database):
            migration = running.enter_context(migrating(postgres_database, tmp_path, *command.split()))
            wait_until(migration.waits)
            assert revisions(postgres_database) == newest_migrations()
        migration.ends()

    assert revisions(postgres_database) == (newest_migrations() if command == "upgrade" else frozenset())


def test_a_migration_may_make_an_index_concurrently_while_another_process_waits(postgres_database: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        with session(postgres_database) as migrator:
            migrator.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            upgrade = running.enter_context(migrating(postgres_database, tmp_path, "upgrade"))
            wait_until(upgrade.waits)

            # Each ends when no session holds a snapshot from before. If the other waited inside a statement, PostgreSQL would call it a deadlock and end
            # either; several, for the first may be done before the other is in there.
            migrator.execute("CREATE TABLE old (id integer)")
            for _ in range(20):
                migrator.execute("CREATE INDEX CONCURRENTLY ON old (id)")

        upgrade.ends()


def test_a_process_that_is_killed_while_it_migrates_leaves_the_lock_to_the_next(postgres_database: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        # Given one that is in the middle of it, and one that waits
        with session(postgres_database) as obstacle:
            obstacle.execute("BEGIN; CREATE TABLE users (id integer)")
            first = running.enter_context(migrating(postgres_database, tmp_path, "upgrade"))
            wait_until(lambda: advisory_locks(postgres_database) == 1)
            second = running.enter_context(migrating(postgres_database, tmp_path, "upgrade"))
            wait_until(second.waits)

            # When the first is killed
            first.process.kill()
            first.process.wait()

        # Then the second does its work
        second.ends()

    assert revisions(postgres_database) == newest_migrations()


def advisory_locks(database: str) -> int:
    """How many are held there."""
    return count(database, "FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()")


def blocked(database: str) -> int:
    """How many statements there wait for a lock."""
    return count(database, "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def count(database: str, rows: str) -> int:
    """How many rows PostgreSQL finds."""
    with session(database) as cursor:
        cursor.execute(f"SELECT count(*) {rows}")
        ((found,),) = cursor.fetchall()
        return int(found)
