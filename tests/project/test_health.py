"""Health: whoever watches the instance learns whether it is alive and ready, and why it is not; and no secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.apps import close, make_app
from tests.place import free_port
from tests.servers import PostgresServer, RabbitServer

SECRET = "hunter2"


@contextmanager
def running(database_url: str, **changes: Any) -> Iterator[Flask]:
    """An app for as long as the block runs."""
    app = make_app(database_url, **changes)
    try:
        yield app
    finally:
        close(app)


def ask(app: Flask) -> tuple[int, dict[str, str]]:
    """What /readyz answers: the status, and the reasons by part."""
    response = app.test_client().get("/readyz")
    reasons: dict[str, str] = response.get_json()["reasons"]
    return response.status_code, reasons


def unreachable_database() -> str:
    """A URL where nothing listens."""
    return f"postgresql+psycopg2://callboard:{SECRET}@127.0.0.1:{free_port()}/callboard"


def unreachable_broker() -> str:
    """A URL where nothing listens."""
    return f"amqp://callboard:{SECRET}@127.0.0.1:{free_port()}/callboard"


def test_an_instance_with_all_it_needs_is_ready(app: Flask) -> None:
    response = app.test_client().get("/readyz")

    assert (response.status_code, response.get_json()) == (200, {"status": "ready", "reasons": {}})


def test_an_instance_with_its_rabbitmq_is_ready(sqlite_url: str, rabbit: RabbitServer) -> None:
    with running(sqlite_url, broker_url=rabbit.create_vhost()) as app:
        assert ask(app) == (200, {})


def test_without_migrations_an_instance_is_not_ready_and_says_how_to_apply_them(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path}/empty.db") as app:
        status, reasons = ask(app)

    assert (status, list(reasons)) == (503, ["database"])
    assert "migrations applied: none" in reasons["database"]
    assert "flask db upgrade" in reasons["database"]


def test_an_empty_postgresql_is_not_ready(postgres: PostgresServer) -> None:
    with running(postgres.create_database()) as app:
        status, reasons = ask(app)

    assert status == 503
    assert "migrations applied: none" in reasons["database"]


def test_without_its_database_an_instance_is_not_ready_and_says_so() -> None:
    with running(unreachable_database()) as app:
        assert ask(app) == (503, {"database": "the database does not answer"})


def test_without_its_rabbitmq_an_instance_is_not_ready_and_says_so(sqlite_url: str) -> None:
    with running(sqlite_url, broker_url=unreachable_broker()) as app:
        assert ask(app) == (503, {"broker": "RabbitMQ does not answer"})


def test_every_reason_is_given_at_once() -> None:
    with running(unreachable_database(), broker_url=unreachable_broker()) as app:
        _, reasons = ask(app)

    assert set(reasons) == {"database", "broker"}


def test_an_instance_that_is_not_ready_is_alive() -> None:
    with running(unreachable_database(), broker_url=unreachable_broker()) as app:
        response = app.test_client().get("/healthz")

    assert (response.status_code, response.get_json()) == (200, {"status": "alive"})


def test_an_instance_becomes_ready_without_a_restart(rabbit: RabbitServer, sqlite_url: str) -> None:
    vhost = rabbit.create_vhost()
    name = vhost.rsplit("/", 1)[1]
    with running(sqlite_url, broker_url=vhost) as app:
        rabbit.control("clear_permissions", "--vhost", name, "guest")
        before, _ = ask(app)
        rabbit.control("set_permissions", "--vhost", name, "guest", ".*", ".*", ".*")

        after, _ = ask(app)

    assert (before, after) == (503, 200)


def test_asking_often_uses_up_no_connection(postgres_url: str) -> None:
    with running(postgres_url) as app:
        # The pool has 30 connections; one more than that would wait for half a minute and fail.
        assert [ask(app)[0] for _ in range(35)] == [200] * 35


def test_no_password_is_in_an_answer_or_the_log(postgres: PostgresServer, rabbit: RabbitServer, caplog: pytest.LogCaptureFixture) -> None:
    database_urls = unreachable_database(), f"postgresql+psycopg2://callboard:{SECRET}@127.0.0.1:{postgres.port}/postgres"
    broker_urls = unreachable_broker(), f"amqp://guest:{SECRET}@127.0.0.1:{rabbit.port}/test-1-1"

    answers = []
    for database_url, broker_url in zip(database_urls, broker_urls, strict=True):
        with running(database_url, broker_url=broker_url) as app, caplog.at_level("DEBUG"):
            answers.append(app.test_client().get("/readyz"))

    assert [answer.status_code for answer in answers] == [503, 503]
    assert caplog.text
    assert SECRET not in caplog.text + "".join(answer.text for answer in answers)
