"""The look at the queues that a serving process takes every few seconds, for all who show them: a page asks the database and never waits for RabbitMQ."""

import dataclasses

from flask import current_app

from project.extensions import settings_of
from workers.broker import BrokerUnreachable, broker_of
from workers.monitor import queries
from workers.monitor.queues import look, names_of
from workers.unreachable import why


def sample() -> None:
    """Look at the queues, unless another process just did; commits."""
    if queries.queues_are_due():
        look_now()


def look_now() -> None:
    """Look at the queues and note what is seen, or why nothing is; commits."""
    broker = broker_of(current_app)
    try:
        sights = look(broker, settings_of(current_app).management_url)
    except BrokerUnreachable as fault:
        queries.record_fault(names_of(broker), f"RabbitMQ can't be reached: {why(fault)}")
    else:
        queries.record_sights({queue: dataclasses.asdict(sight) for queue, sight in sights.items()})
