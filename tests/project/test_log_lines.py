"""A line of the log: for a person what happens to whom, for a machine a JSON object; several lines are written as a pipe takes them."""

import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import nan
from pathlib import Path
from select import PIPE_BUF
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.logs import Json, LineHandler, event, events, lines_about, pieces
from tests.project.logged import log, parsed


def test_a_readable_line_says_when_how_grave_who_what_it_is_about_and_what(lines: io.StringIO) -> None:
    with lines_about(message_id="4f3a", actor="draw", attempt=2):
        log.warning("no luck with %d", 7, extra=event(milliseconds=1.5))

    at = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"
    said = r"WARNING tests\.logs \[message_id=4f3a actor=draw attempt=2\] no luck with 7 milliseconds=1\.5"
    assert re.fullmatch(f"{at} {said}\n", lines.getvalue())


def test_a_json_line_has_its_context_and_its_own_fields_beside_what_every_line_has(objects: io.StringIO) -> None:
    with lines_about(message_id="4f3a", actor="draw", attempt=2):
        log.warning("no luck with %d", 7, extra=event(milliseconds=1.5))

    (line,) = parsed(objects)
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert line == {
        "level": "WARNING",
        "logger": "tests.logs",
        "message": "no luck with 7",
        "message_id": "4f3a",
        "actor": "draw",
        "attempt": 2,
        "milliseconds": 1.5,
    }


@pytest.mark.parametrize("text", ["two\nlines", "a\rreturn", "line\u2028separator", "half \ud800 a pair", 'a "quote"', "nul \0"])
def test_whatever_is_said_stays_one_object_on_one_line(objects: io.StringIO, text: str) -> None:
    log.info("%s", text)

    assert [line["message"] for line in parsed(objects)] == [text]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ä", "ä"),
        ("half \ud800 a pair", "half \ud800 a pair"),
        (2**70, 2**70),
        (nan, None),
        ({1: [True, None]}, {"1": [True, None]}),
        (datetime(2026, 5, 1, 12, tzinfo=UTC), "2026-05-01T12:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("/tmp"), "/tmp"),
        (ZeroDivisionError("of all things"), "ZeroDivisionError: of all things"),
    ],
    ids=str,
)
def test_a_field_may_hold_anything_and_the_line_is_ascii(objects: io.StringIO, value: object, shown: object) -> None:
    log.info("said", extra=event(value=value))
    log.info("said", extra=event(value=value, beside="ä"))

    assert [line["value"] for line in parsed(objects)] == [shown, shown]
    assert objects.getvalue().isascii()


def test_a_field_that_contains_itself_is_nobodys_fault_but_its_lines(objects: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    endless: dict[str, object] = {}
    endless["self"] = endless

    log.info("said", extra=event(value=endless))
    log.info("gone on")

    assert [line["message"] for line in parsed(objects)] == ["gone on"]


def test_a_stack_trace_is_inside_its_object(objects: io.StringIO) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        log.exception("broken")

    (line,) = parsed(objects)
    assert line["message"] == "broken"
    assert "ZeroDivisionError: division by zero" in line["exc_info"]


def test_a_record_of_many_events_is_a_line_each(lines: io.StringIO) -> None:
    log.info("worked", extra=events([({"message_id": "a"}, {"outcome": "done"}), ({"message_id": "b"}, {"outcome": "failed"})]))

    assert [line.split("tests.logs ")[1] for line in lines.getvalue().splitlines()] == [
        "[message_id=a] worked outcome=done",
        "[message_id=b] worked outcome=failed",
    ]


def test_a_record_of_many_events_is_an_object_each(objects: io.StringIO) -> None:
    with lines_about(actor="note"):
        log.info("worked", extra=events([({"message_id": "a"}, {"outcome": "done"}), ({"message_id": "b"}, {"outcome": "failed"})]))

    found = [json.loads(line) for line in objects.getvalue().splitlines()]
    assert [(line["message"], line["actor"], line["message_id"], line["outcome"]) for line in found] == [
        ("worked", "note", "a", "done"),
        ("worked", "note", "b", "failed"),
    ]


@given(st.lists(st.text("ab", min_size=1, max_size=12), min_size=1), st.integers(1, 30))
def test_lines_go_together_as_far_as_a_pipe_takes_them_whole(words: list[str], length: int) -> None:
    found = list(pieces("\n".join(words), length))

    assert "\n".join(found) == "\n".join(words)
    for piece, following in pairwise([*found, "c" * length]):
        # Each has no more than it may, but for a line that is too long by itself; and none that had room is left for the next.
        assert len(piece) <= length or "\n" not in piece
        assert len(piece) + 1 + len(following.split("\n")[0]) > length


def test_what_is_logged_at_once_is_written_in_pieces_that_a_pipe_takes_whole() -> None:
    written: list[str] = []

    class Pipe(io.StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    handler = LineHandler(Pipe())
    handler.setFormatter(Json())
    handler.handle(log.makeRecord("tests.logs", logging.INFO, "", 0, "worked", (), None, extra=events([({}, {"number": n}) for n in range(500)])))

    assert [json.loads(line)["number"] for piece in written for line in piece.splitlines()] == list(range(500))
    assert max(map(len, written)) <= PIPE_BUF
    assert all(piece.endswith("\n") for piece in written)
