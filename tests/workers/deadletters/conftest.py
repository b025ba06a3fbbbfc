"""A site with a RabbitMQ and an actor that can be mended; a superuser's browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pika
import pytest
from dramatiq import Message, Worker
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from project.extensions import db
from tests.app_fixtures import log_in, working
from tests.apps import close, make_app
from tests.factories import make_superuser
from tests.servers import RabbitServer
from workers.actors import Actor, Queue
from workers.broker import RabbitBroker, broker_of
from workers.deadletters.drainer import drain
from workers.models import MessageFailure

DEAD = f"{Queue.CHORES}.XQ"


@dataclass
class Stage:
    """A site on PostgreSQL and RabbitMQ, whose actor `play` fails until it is mended."""

    app: Flask
    broker: RabbitBroker
    mended: bool = False
    played: list[str] = field(default_factory=list)
    """The ids of the messages that the actor was mended for."""

    def send(self, *args: object) -> Message[None]:
        """A message to the actor."""
        message = Message[None](Queue.CHORES, "play", args, {}, {})
        self.broker.enqueue(message)
        return message

    def publish(self, *bodies: bytes, queue: str = DEAD) -> None:
        """Put something straight into a queue."""
        with pika.BlockingConnection(self.broker.parameters) as connection:
            for body in bodies:
                connection.channel().basic_publish("", queue, body)

    def waiting(self, queue: str = DEAD) -> int:
        """How many messages wait in a queue."""
        with pika.BlockingConnection(self.broker.parameters) as connection:
            return int(connection.channel().queue_declare(queue, passive=True).method.message_count)

    def drain(self) -> int:
        """Drain once; how many dead letters there were."""
        with self.app.app_context():
            return drain(self.broker)

    def failures(self) -> list[MessageFailure]:
        """The rows, oldest first."""
        return failures(self.app)


def failures(app: Flask) -> list[MessageFailure]:
    """The rows of failed messages, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(MessageFailure).order_by(MessageFailure.id)))


@pytest.fixture
def stage(postgres_url: str, rabbit: RabbitServer) -> Iterator[Stage]:
    """The site, of which nothing runs."""
    app = make_app(postgres_url, broker_url=rabbit.create_vhost())
    app.config["WTF_CSRF_ENABLED"] = False
    broker = broker_of(app)
    assert isinstance(broker, RabbitBroker)
    stage = Stage(app, broker)

    def play(*args: object) -> None:
        if not stage.mended:
            raise ValueError("the curtain is stuck")
        stage.played.append(str(args[0]))

    Actor(play, Queue.CHORES, {"throws": ValueError}).bind(broker)
    broker.declare_queue(Queue.CHORES, ensure=True)
    yield stage
    broker.close()
    close(app)


@pytest.fixture
def worker(stage: Stage) -> Iterator[Worker]:
    """Two threads that work the site's queues."""
    with working(stage.app) as worker:
        yield worker


@pytest.fixture
def superuser(stage: Stage) -> FlaskClient:
    """A superuser's browser at that site."""
    return browser_of_superuser(stage.app)


def browser_of_superuser(app: Flask) -> FlaskClient:
    """A superuser's browser."""
    with app.app_context():
        user_id = make_superuser().id
    return log_in(app.test_client(), user_id)
