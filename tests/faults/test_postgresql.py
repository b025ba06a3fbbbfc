"""PostgreSQL is restarted, or lets nobody in, in the middle of a tick."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

import psycopg2
import pytest

from tests.faults.cluster import DATABASE_AWAY, Cluster, pass_time
from tests.waiting import wait_until

TASKS = 15_000
AWAY_SECONDS = 20.0
THEIRS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name = 'callboard'"


def test_postgresql_that_is_restarted_in_immediate_mode_costs_no_number(cluster: Cluster) -> None:
    cluster.add_tasks(TASKS)
    cluster.wait_for_results(1000)

    cluster.postgres.kill()
    cluster.postgres.start()

    cluster.demand_whole(DATABASE_AWAY)


@contextmanager
def too_many_clients(cluster: Cluster) -> Iterator[None]:
    """Every connection that PostgreSQL allows is somebody else's."""
    with ExitStack() as held, closing(psycopg2.connect(cluster.postgres_address)) as ours, ours.cursor() as cursor:
        ours.autocommit = True

        def is_full() -> bool:
            try:
                held.enter_context(closing(psycopg2.connect(cluster.postgres_address)))
            except psycopg2.OperationalError:
                return True
            return False

        def is_shut_out() -> bool:
            wait_until(is_full, every=0)
            cursor.execute(THEIRS, [cluster.database])
            # Of the places that become free the site may win some, and loses them again.
            return cursor.rowcount == 0

        wait_until(is_shut_out, every=0)
        yield


@contextmanager
def closed_database(cluster: Cluster) -> Iterator[None]:
    """The database lets nobody in, and those who are in are put out."""
    with closing(psycopg2.connect(cluster.postgres_address)) as ours:
        ours.autocommit = True
        with ours.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {cluster.database} ALLOW_CONNECTIONS false")
            cursor.execute(THEIRS, [cluster.database])
            yield
            cursor.execute(f"ALTER DATABASE {cluster.database} ALLOW_CONNECTIONS true")


@pytest.mark.parametrize("refusing", [too_many_clients, closed_database], ids=["too many clients", "closed"])
def test_postgresql_that_refuses_connections_costs_no_number(cluster: Cluster, refusing: Callable[[Cluster], AbstractContextManager[None]]) -> None:
    cluster.add_tasks(TASKS)
    cluster.wait_for_results(1000)

    with refusing(cluster):
        pass_time(AWAY_SECONDS)

    cluster.demand_whole(DATABASE_AWAY)
