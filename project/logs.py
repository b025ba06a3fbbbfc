"""Log lines that say which request or which message they belong to: readable in development, JSON in production."""

import logging
import re
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from select import PIPE_BUF
from time import perf_counter
from types import TracebackType
from typing import Any, TextIO

import msgspec
from flask import Flask, Response, g, has_request_context, request
from pythonjsonlogger.json import JsonEncoder, JsonFormatter
from sqlalchemy import inspect

log = logging.getLogger(__name__)

REQUEST_ID_HEADER = "X-Request-ID"
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A request's id that is taken over from whoever asks, such as a proxy that made it for its own log."""

Fields = Mapping[str, object]

_encode_quickly, _encode = msgspec.json.Encoder().encode, JsonEncoder().encode

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


def events(each: Sequence[tuple[Fields, Fields]]) -> dict[str, Sequence[tuple[Fields, Fields]]]:
    """The `extra` of a record that is a line for each of many events: what it is about, and its fields. So many records would take thrice as long."""
    return {"each": each}


def each_event(record: logging.LogRecord) -> list[tuple[Fields, Fields]]:
    """What each event of a record is about, and its fields; of most there is one."""
    about: Fields = getattr(record, "about", {})
    each: Sequence[tuple[Fields, Fields]] = getattr(record, "each", [({}, getattr(record, "fields", {}))])
    return [({**about, **its_about}, fields) for its_about, fields in each]


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
        """The line of each event, without a stack trace."""
        begin = f"{self.formatTime(record)} {record.levelname:<7} {record.name}"
        each = [(in_words(about) or "-", " ".join(filter(None, (record.message, in_words(fields))))) for about, fields in each_event(record)]
        return "\n".join(f"{begin} [{about}] {said}" for about, said in each)


def in_json(fields: Fields) -> str:
    """The fields as a JSON object in ASCII, whatever they hold."""
    try:
        encoded = _encode_quickly(fields)
    except (TypeError, ValueError, RecursionError):
        # Of a type that msgspec doesn't know, half of a surrogate pair, or containing itself. It takes ten times as long, for few lines.
        return _encode(fields)
    return encoded.decode() if encoded.isascii() else _encode(msgspec.json.decode(encoded))


class Json(JsonFormatter):
    """One JSON object a line for a machine: timestamp (RFC 3339, UTC), level, logger, message, the fields, and exc_info with a stack trace."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill the object, first with what every line has."""
        log_data["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = record.message
        log_data.update(message_dict)
        log_data["each"] = each_event(record)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """The object of each event on a line of its own, in ASCII."""
        each = log_data.pop("each")
        return "\n".join(in_json({**log_data, **about, **fields}) for about, fields in each)


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes as many lines at once as a pipe takes in one piece, so that processes which share one don't tear each other's. JSON here is ASCII."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's lines."""
        try:
            for lines in pieces(self.format(record), PIPE_BUF - 1):
                self.stream.write(lines + self.terminator)
                self.flush()
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001  # as logging does: it says so itself, and whoever logs goes on
            self.handleError(record)


def pieces(text: str, length: int) -> Iterator[str]:
    """The lines of a text, those together that have room in so many characters; a longer one is a piece of its own."""
    start = 0
    while len(text) - start > length:
        end = text.rfind("\n", start, start + length + 1)
        if end < 0:
            end = text.find("\n", start)
        if end < 0:
            break
        yield text[start:end]
        start = end + 1
    yield text[start:]


def configure(*, production: bool) -> None:
    """Send this process's log to standard error, one event a line; warnings and faults that nobody caught are lines too."""
    # Not sys.stderr: Dramatiq puts a pipe to its master there, and the two of them would spend more on a line than on its message.
    handler = LineHandler(sys.__stderr__)
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
