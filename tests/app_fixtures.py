"""Fixtures: an app on a fresh, migrated database of either kind, its client, its workers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from dramatiq import Worker
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from accounts import passwords
from accounts.sessions.current import TOKEN
from tests.apps import KeptApps, close, empty, make_app, migrate, restore
from tests.compiled import KeptRule, KeptTemplates, make_engine
from tests.factories import make_session
from tests.servers import PostgresServer
from workers.broker import InProcessBroker, broker_of


@pytest.fixture(autouse=True, scope="session")
def cheap_apps() -> Iterator[None]:
    """Apps like any other, which keep what they compile; and hashes as in earnest, with argon2id's smallest parameters, for tests need a thousand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": KeptTemplates()})
        patch.setattr(Flask, "url_rule_class", KeptRule)
        patch.setattr(SQLAlchemy, "_make_engine", make_engine)
        patch.setattr(passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST))
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres: PostgresServer) -> str:
    """A migrated PostgreSQL database, which the tests use one after another."""
    url = postgres.create_database()
    migrate(url)
    return url


@pytest.fixture(scope="session")
def kept_sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A SQLite database, which the tests use one after another."""
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'callboard.db'}"


@pytest.fixture
def sqlite_url(sqlite_template: Path, kept_sqlite_url: str) -> str:
    """A SQLite database with nothing in it."""
    restore(sqlite_template, kept_sqlite_url)
    return kept_sqlite_url


@pytest.fixture
def postgres_url(migrated_postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database with nothing in it; emptying one takes a tenth of the time that making one does."""
    yield migrated_postgres_url
    empty(migrated_postgres_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; each test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(scope="session")
def kept_apps() -> Iterator[KeptApps]:
    """Apps that go from test to test."""
    apps = KeptApps()
    yield apps
    apps.close()


@pytest.fixture
def app(database_url: str, kept_apps: KeptApps) -> Iterator[Flask]:
    """An app with the in-process broker, on both kinds of database. Forms need no CSRF token."""
    with kept_apps.lent(database_url) as app:
        yield app


@pytest.fixture
def new_app(database_url: str) -> Iterator[Flask]:
    """The same, and nobody has asked it for anything yet: for tests that add to it."""
    app = make_app(database_url)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """The app with its context entered. Not for tests that make requests: they would share one `g`."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser, more or less."""
    return app.test_client()


def log_in(client: FlaskClient, user_id: int) -> FlaskClient:
    """The client with the user logged in."""
    with client.application.app_context():
        token = make_session(user_id)
    with client.session_transaction() as session:
        session[TOKEN] = token
    return client


@contextmanager
def working(app: Flask) -> Iterator[Worker]:
    """Worker threads on the app's in-process broker for as long as the block runs."""
    broker = broker_of(app)
    worker = Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    if isinstance(broker, InProcessBroker):
        broker.worked = True
    try:
        yield worker
    finally:
        worker.stop(timeout=10_000)


@pytest.fixture
def work(app: Flask) -> Callable[[], AbstractContextManager[Worker]]:
    """Start worker threads: `with work(): …`."""
    return lambda: working(app)
