"""Log lines that say which request or which message they belong to."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from flask import Flask, g

FORMAT = "%(asctime)s %(levelname)-7s %(name)s [%(about)s] %(message)s"

about: ContextVar[str] = ContextVar("about", default="-")
"""What this thread is at work on: a request's or a message's id, and what else helps to find it."""


@contextmanager
def lines_about(what: str) -> Iterator[None]:
    """Mark every line logged inside the block as belonging to `what`."""
    token = about.set(what)
    try:
        yield
    finally:
        about.reset(token)


def add_about(record: logging.LogRecord) -> bool:
    """A logging filter that drops nothing and notes on each record what it is about."""
    record.about = about.get()
    return True


def configure() -> None:
    """Send this process's log to standard error, one readable line an event."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(add_about)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # pika logs a broker that is down as an error with a stack trace for each try; whoever needed the broker says it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    # /readyz asks for the migrations each time, and Alembic says so each time.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A publishing longer than a beat is expected, and APScheduler would warn of every beat it left out meanwhile.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def register(app: Flask) -> None:
    """Give each request an id that its log lines carry."""

    @app.before_request
    def begin() -> None:
        g.about = about.set(f"request={uuid.uuid4().hex[:12]}")

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        if "about" in g:
            about.reset(g.pop("about"))
