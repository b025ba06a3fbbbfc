"""`flask tasks draw`: a number for one Task, drawn by a worker over RabbitMQ and printed, or a word about why not."""

from collections.abc import Iterator

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from project.extensions import db, settings_of
from tasks_app.models import TaskResult
from tests.app_fixtures import working
from tests.apps import close, make_app
from tests.factories import make_task
from tests.servers import RabbitServer
from workers import batch
from workers.broker import broker_of


@pytest.fixture
def shell(postgres_url: str, rabbit: RabbitServer) -> Iterator[Flask]:
    """The app of the process in which the command runs."""
    app = make_app(postgres_url, broker_url=rabbit.create_vhost())
    yield app
    broker_of(app).close()
    close(app)


@pytest.fixture
def stage(shell: Flask) -> Iterator[Flask]:
    """The app of a worker on the same servers."""
    app = make_app(shell.config["SQLALCHEMY_DATABASE_URI"], broker_url=settings_of(shell).broker_url)
    with working(app):
        yield app
    broker_of(app).close()
    close(app)


def draw(app: Flask, *words: str) -> Result:
    """What the command does."""
    return app.test_cli_runner().invoke(args=["tasks", "draw", *words])


def test_the_stored_number_is_printed(shell: Flask, stage: Flask) -> None:
    with shell.app_context():
        task_id = make_task().id

    result = draw(shell, str(task_id))

    with shell.app_context():
        number = db.session.scalars(select(TaskResult.result)).one()
    assert (result.exit_code, result.output) == (0, f"{number!r}\n")


def test_a_task_that_is_not_there_is_said(shell: Flask) -> None:
    result = draw(shell, "999")

    assert (result.exit_code, result.output) == (1, "Error: there is no Task 999\n")


def test_a_number_that_does_not_come_is_said(shell: Flask) -> None:
    with shell.app_context():
        task_id = make_task().id

    result = draw(shell, str(task_id), "--wait", "0")

    assert result.exit_code == 1
    assert "no number within 0 s" in result.output


def test_a_draw_that_fails_is_said(shell: Flask, stage: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise TypeError("no dice")

    monkeypatch.setattr(batch.Batch, "add", refuse)
    with shell.app_context():
        task_id = make_task().id

    result = draw(shell, str(task_id))

    assert (result.exit_code, result.output) == (1, "Error: actor raised TypeError: no dice\n")


def test_a_queue_that_is_out_of_reach_is_said(queueless: Flask) -> None:
    with queueless.app_context():
        task_id = make_task().id

    result = draw(queueless, str(task_id))

    assert result.exit_code == 1
    assert "the queue can't be reached, so nothing was sent" in result.output


def test_without_rabbitmq_the_button_is_recommended(app: Flask) -> None:
    result = draw(app, "1")

    assert result.exit_code == 1
    assert "Run now" in result.output
