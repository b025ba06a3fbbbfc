"""What the database says of a run, asked often and cheaply."""

import time
from types import TracebackType
from typing import Self

import psycopg2

from tests.waiting import wait_until

LOOK_SECONDS = 0.02


class Ledger:
    """A connection of the benchmark's own, as a context manager."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
        self._connection.autocommit = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def add_tasks(self, upto: int) -> None:
        """Add Tasks until there are so many, and begin with as little left to write as a database ever has."""
        self._execute(
            "INSERT INTO tasks (lower_limit, upper_limit, created_by, created_at, updated_at)"
            " SELECT 0, number, (SELECT min(id) FROM users), now(), now() FROM generate_series((SELECT count(*) FROM tasks) + 1, %s) AS number",
            upto,
        )
        self._execute("VACUUM ANALYZE tasks")
        self._execute("CHECKPOINT")

    def rows_so_far(self) -> int:
        """How many rows task_results was ever given, in no time however many there are; at least as many as it has."""
        return self._number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM task_results_id_seq")

    def wait_for_results(self, tick_id: int, count: int, *, after: int, within: float) -> float:
        """Wait until the tick has `count` results, `after` which many rows; when that was, on the monotonic clock."""
        # Counting a hundred thousand rows fifty times a second would take from what is measured.
        wait_until(lambda: self.rows_so_far() >= after + count and self.results(tick_id) >= count, within=within, every=LOOK_SECONDS)
        return time.monotonic()

    def results(self, tick_id: int) -> int:
        """How many results the tick has."""
        return self._number("SELECT count(*) FROM task_results WHERE tick_id = %s", tick_id)

    def has_message(self, message_id: str) -> bool:
        """Whether the number of a message without a tick is committed."""
        return bool(self._number("SELECT count(*) FROM task_results WHERE message_id = %s AND tick_id IS NULL", message_id))

    def publishing_began(self, tick_id: int) -> bool:
        """Whether somebody has taken up Callboard's tick to publish it, or is done with that."""
        return bool(self._number("SELECT count(*) FROM ticks WHERE id = %s AND (lease_token IS NOT NULL OR published_key > 0)", tick_id))

    def all_published(self, tick_id: int) -> bool:
        """Whether every message of Callboard's tick is sent and confirmed."""
        return bool(self._number("SELECT count(*) FROM ticks WHERE id = %s AND state <> 'publishing'", tick_id))

    def open_ticks(self) -> int:
        """How many of Callboard's ticks are not at their end."""
        return self._number("SELECT count(*) FROM ticks WHERE state IN ('publishing', 'drawing')")

    def abandoned_ticks(self) -> int:
        """How many of Callboard's ticks were given up or skipped, which no run may have."""
        return self._number("SELECT count(*) FROM ticks WHERE state IN ('abandoned', 'skipped')")

    def _number(self, statement: str, *values: int | str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def _execute(self, statement: str, *values: int) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
