"""Extensions: more time for one student, and scores evaluated by it at once."""

import pytest

from tests.courses.administration.conftest import Desk
from tests.pages import errors, read, rows

LATE = "2025-10-09 10:00:00+0300"


@pytest.mark.parametrize(
    ("how", "worth"),
    [({"days": "30"}, 20), ({"days": "0", "hours": "23"}, 0), ({"ends_at": "2025-10-20T10:00"}, 10), ({"ends_at": "2025-10-09T10:00"}, 0)],
)
def test_an_extension_evaluates_what_was_handed_in_and_its_end_takes_that_back(desk: Desk, how: dict[str, str], worth: int) -> None:
    desk.api.report("old", submit_time=LATE)
    desk.api.report("old", "bob", submit_time=LATE)

    # The own end is in Moscow's time; the moment of the end is outside.
    desk.post("extensions", student="alice", of="group-2", reason="Was ill.", **how)

    assert (desk.api.row()["total_score"], desk.api.row("bob")["total_score"]) == (worth, 0)
    assert [(row["Student"], row["For"], row["Why"], row["By"]) for row in rows(read(desk.get("extensions")))] == [("alice", "group past", "Was ill.", "tess")]
    desk.post("extensions/withdraw", id="1")
    assert desk.api.row()["total_score"] == 0
    assert (len(desk.noted("extension.made")), desk.noted("extension.withdrawn")) == (1, [{"extension": 1}])


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"student": "nobody"}, "student"),
        ({"student": "teacher"}, "student"),
        ({"of": "group-99"}, "of"),
        ({"days": ""}, "days"),
        ({"days": "-1"}, "days"),
        ({"days": "1", "ends_at": "2030-01-01T10:00"}, "days"),
        ({"days": "", "ends_at": "tomorrow"}, "ends_at"),
        ({"reason": "x" * 1001}, "reason"),
    ],
)
def test_an_extension_that_cant_be_is_refused_beside_the_field(desk: Desk, typed: dict[str, str], wrong: str) -> None:
    page = desk.post("extensions", **{"student": "alice", "of": "task-1", "days": "1", **typed})

    assert wrong in errors(read(page))
    assert desk.noted("extension.made") == []
