"""Private servers for the faults, and sites on them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps import WEEK, close, make_app, migrate
from tests.conftest import require
from tests.factories import make_superuser
from tests.faults.cluster import USERNAME, Cluster
from tests.servers import POSTGRES_PACKAGE, RABBIT_PACKAGE, PostgresServer, RabbitServer

MakeCluster = Callable[..., Cluster]


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that only these tests harm; durable, for it must not lose a commit when it is killed."""
    require(POSTGRES_PACKAGE)
    with PostgresServer(durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def own_rabbit() -> Iterator[RabbitServer]:
    """A RabbitMQ that only these tests harm."""
    require(RABBIT_PACKAGE)
    with RabbitServer() as server:
        yield server


@pytest.fixture(scope="session")
def template(own_postgres: PostgresServer) -> str:
    """The name of a migrated database with a superuser, to copy."""
    url = own_postgres.create_database()
    migrate(url)
    app = make_app(url)
    with app.app_context():
        make_superuser(USERNAME)
    close(app)
    return url.rsplit("/", 1)[1]


@pytest.fixture
def make_cluster(own_postgres: PostgresServer, own_rabbit: RabbitServer, template: str, tmp_path: Path) -> Iterator[MakeCluster]:
    """Makes a site of which nothing runs yet, with a slot a week unless settings say otherwise."""
    made: list[Cluster] = []

    def make(**environment: str) -> Cluster:
        settings = {"WEB_CONCURRENCY": "2", "GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(WEEK), **environment}
        made.append(Cluster(tmp_path, own_postgres, own_rabbit, template, **settings))
        return made[-1]

    yield make
    for cluster in made:
        cluster.kill()
        own_postgres.drop_database(cluster.database_url)


@pytest.fixture
def cluster(make_cluster: MakeCluster) -> Cluster:
    """A site with two web processes and two worker processes, ready, without Tasks."""
    cluster = make_cluster()
    cluster.serve()
    cluster.work()
    cluster.wait_until_ready()
    return cluster
