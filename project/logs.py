"""Log lines that say which request or which message they belong to: readable in development, JSON in production."""

import logging
import re
import sys
import threading
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from time import perf_counter
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonEncoder, JsonFormatter
from sqlalchemy import inspect

log = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A request's id that is taken over from whoever asks, such as a proxy that made it for its own log."""

Fields = Mapping[str, object]

marked: ContextVar[Fields | None] = ContextVar("marked", default=None)
"""What `lines_about` gives to lines."""


def at_work() -> Fields:
    """What this thread is at work on: a request's or a message's id, and what else helps to find it."""
    # A request's is kept with the request: a streamed answer enters it anew, after it has ended for everything else.
    return marked.get() or (g.get("about", {}) if has_request_context() else {})


class lines_about:  # noqa: N801  # it is used as a function is
    """Gives every line logged inside the block these fields, besides those of the blocks around it. A generator would take each message thrice as long."""

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = marked.set({**at_work(), **self._fields})

    def __exit__(self, *_fault: object) -> None:
        marked.reset(self._token)


def request_id() -> str | None:
    """The id of the request at work in this thread; None outside of every request."""
    found = at_work().get("request")
    return None if found is None else str(found)


def event(**fields: object) -> dict[str, Fields]:
    """The `extra` of a line that says something in fields of its own: `log.info("answered", extra=event(status=200))`."""
    return {"fields": fields}


def add_about(record: logging.LogRecord) -> bool:
    """A logging filter that drops nothing and notes on each record what it is about."""
    record.about = at_work()
    return True


def in_words(fields: Fields) -> str:
    """The fields as a person reads them: `request=4f3a… user=7`."""
    return " ".join(f"{name}={value}" for name, value in fields.items())


class Readable(logging.Formatter):
    """One line an event for a person: when, how grave, who says it, what it is about, what happened."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """The line, without a stack trace."""
        fields: Fields = getattr(record, "fields", {})
        about = in_words(getattr(record, "about", {})) or "-"
        said = f"{record.message} {in_words(fields)}" if fields else record.message
        return f"{self.formatTime(record)} {record.levelname:<7} {record.name} [{about}] {said}"


class Json(JsonFormatter):
    """One JSON object a line for a machine: timestamp (RFC 3339, UTC), level, logger, message, the fields, and exc_info with a stack trace."""

    # Made once: json.dumps would make an encoder for each line, at a third of the line's cost.
    _encode = staticmethod(JsonEncoder().encode)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill the object, first with what every line has."""
        log_data["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.message
        log_data.update(getattr(record, "about", {}))
        log_data.update(getattr(record, "fields", {}))
        log_data.update(message_dict)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """The object on one line, in ASCII."""
        return self._encode(log_data)


def configure(*, production: bool) -> None:
    """Send this process's log to standard error, one event a line; warnings and faults that nobody caught are lines too."""
    # Not sys.stderr: Dramatiq puts a pipe to its master there, and the two of them would spend more on a line than on its message.
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(Json() if production else Readable())
    handler.addFilter(add_about)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # No line shows them, nor where in the code it was logged, and finding that out costs each line a fifth: see "Optimization" in Python's logging HOWTO.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = ""
    logging.captureWarnings(True)
    sys.excepthook = log_uncaught
    threading.excepthook = lambda fault: log_uncaught(fault.exc_type, fault.exc_value, fault.exc_traceback)
    sys.unraisablehook = lambda fault: log_uncaught(fault.exc_type, fault.exc_value, fault.exc_traceback)
    # pika logs a broker that is down as an error with a stack trace for each try; whoever needed the broker says it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    # /readyz asks for the migrations each time, and Alembic says so each time.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A publishing longer than a beat is expected, and APScheduler would warn of every beat it left out meanwhile.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def log_uncaught(kind: type[BaseException], fault: BaseException | None, trace: TracebackType | None) -> None:
    """What Python would print in lines of its own."""
    log.critical("nobody caught this", exc_info=(kind, fault or kind(), trace))


def user_id() -> object:
    """The id of whoever is logged in, None for a visitor or if nobody has asked; never asks the database."""
    # Not current_user, which loads, and not user.id, which loads anew after a rollback.
    state = inspect(g.get("_login_user"), raiseerr=False)
    return state.identity[0] if state is not None and state.identity else None


def register(app: Flask) -> None:
    """Give each request an id, which its log lines and its answer carry, and a line of its own when it is answered."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        g.began = perf_counter()
        g.about = {"request": given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex}

    @app.after_request
    def name(response: Response) -> Response:
        g.status = response.status_code
        response.headers[REQUEST_ID_HEADER] = request_id() or ""
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        began = g.pop("began", None)
        if began is None:
            # A streamed answer ends a second time when all of it is sent.
            return
        # The rule, never the path or the query, which may hold a token that is good once.
        log.info(
            "answered",
            extra=event(
                method=request.method,
                route=request.url_rule.rule if request.url_rule else "-",
                status=g.pop("status", 500),
                milliseconds=round((perf_counter() - began) * 1000, 1),
                user=user_id(),
            ),
        )
