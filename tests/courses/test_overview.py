"""What a student's page says of groups, tasks and grades: rows in, plain values out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from courses.deadlines import Step
from courses.models import Assignment, Course, Enrolment, Extension, Group
from courses.overview import GroupState, Records, TaskState, cards, links_of, plot, standing, task_state, task_url, web_address

NOW = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)


def days(number: float) -> datetime:
    return NOW + timedelta(days=number)


def course(**values: Any) -> Course:
    usual = {"id": 1, "name": "c", "title": "C", "status": "in_progress", "timezone": "UTC", "deadline_kind": "hard", "links": {}, "grade_formulas": None}
    return Course(**{**usual, "task_url_template": "https://git.example/$GROUP_NAME/$TASK_NAME?of=$USER_NAME", **values})


def group(number: int, start: float, end: float, steps: Mapping[float, float] | None = None, **values: Any) -> Group:
    written = [(share, days(at).isoformat()) for share, at in (steps or {}).items()]
    return Group(**{"id": number, "name": f"group {number}", "enabled": True, "starts_at": days(start), "ends_at": days(end), "steps": written, **values})


def task(number: int, of: int, points: int = 10, **values: Any) -> Assignment:
    usual = {"id": number, "group_id": of, "name": f"task {number}", "points": points, "enabled": True, "min_score": 0, "url": None}
    return Assignment(**{**usual, "is_bonus": False, "is_large": False, "is_special": False, **values})


def test_groups_come_newest_first_without_those_that_are_disabled_or_ahead() -> None:
    groups = [group(1, -9, -1), group(2, -3, 9), group(3, 1, 9), group(4, -1, 9, enabled=False)]
    records = Records(course(), groups, [])

    assert [(card.name, card.state) for card in cards(records, NOW)] == [("group 2", GroupState.OPEN), ("group 1", GroupState.OVER)]
    assert [card.state for card in cards(records, NOW, ahead=True)] == [GroupState.AHEAD, GroupState.OPEN, GroupState.OVER]


@pytest.mark.parametrize(
    ("steps", "kind", "now", "less"),
    [
        ({}, "hard", 1.0, Step(days(9), 0.0)),
        ({0.5: 2}, "hard", 1.0, Step(days(2), 0.5)),
        ({1.0: 1, 0.5: 2}, "hard", 1.0, Step(days(2), 0.5)),
        ({0.5: -1, 0.3: 4}, "hard", 0.5, Step(days(4), 0.3)),
        ({0.5: 1}, "interpolate", 0.75, Step(days(1), 0.5)),
        ({0.5: -0.5, 0.0: -0.25}, "hard", 0.0, None),
    ],
)
def test_a_card_says_what_a_submission_keeps_and_when_it_keeps_less(steps: dict[float, float], kind: str, now: float, less: Step | None) -> None:
    (card,) = cards(Records(course(deadline_kind=kind), [group(1, -1, 9, steps)], []), NOW)

    assert card.now == now
    assert card.less == less


def test_extensions_move_the_deadlines_of_the_group_and_of_the_one_task() -> None:
    extensions = [Extension(group_id=1, extra=timedelta(days=2)), Extension(assignment_id=2, ends_at=days(30))]
    records = Records(course(), [group(1, -1, 9, {0.5: 2}), group(2, -2, 9)], [task(1, 1), task(2, 1), task(3, 2)], extensions=extensions)

    first, second = cards(records, NOW)

    assert (first.deadline.steps[0].at, first.deadline.end, first.extended) == (days(4), days(11), True)
    assert [task.own and task.own.end for task in first.tasks] == [None, days(30)]
    assert (second.deadline.end, second.extended) == (days(9), False)
    assert [records.name_of(extension) for extension in extensions] == ["group 1", "task 2"]


@pytest.mark.parametrize(
    ("score", "state"),
    [(None, TaskState.UNTRIED), (0, TaskState.TRIED), (-5, TaskState.TRIED), (1, TaskState.PARTIAL), (10, TaskState.SOLVED), (12, TaskState.SOLVED)],
)
def test_the_score_says_how_far_a_task_is(score: int | None, state: TaskState) -> None:
    assert task_state(10, score) is state


def test_a_card_adds_up_its_tasks_bonus_aside() -> None:
    tasks = [task(1, 1), task(2, 1, is_bonus=True), task(3, 1, enabled=False)]
    (card,) = cards(Records(course(), [group(1, -1, 9)], tasks, scores={1: 7, 2: 10, 3: 10}), NOW)

    assert (card.earned, card.points) == (17, 10)
    assert [task.marks for task in card.tasks] == [(), ("bonus",)]


def test_a_standing_has_totals_the_grade_and_what_is_missing() -> None:
    formulas = {"5": [{"percent": 90}], "3": [{"percent": 50}]}
    records = Records(course(grade_formulas=formulas), [group(1, -1, 9), group(2, 1, 9)], [task(1, 1), task(2, 2)], scores={1: 7, 99: 5})

    stands = standing(records, Enrolment(saved_grade=None, grade_override=None), NOW)

    assert (stands.totals.total_score, stands.totals.max_score, stands.grade, stands.overridden) == (7, 10, 3, False)
    assert stands.next
    assert (stands.next.grade, stands.next.ways[0][0].has) == (5, 70)


@pytest.mark.parametrize(
    ("status", "formulas", "saved", "override", "grade", "missing"),
    [
        ("in_progress", None, None, None, None, False),
        ("in_progress", None, None, 4, 4, False),
        ("in_progress", {"5": [{"percent": 90}]}, None, 4, 4, False),
        ("in_progress", {"5": [{"percent": 90}]}, 5, None, 0, True),
        ("all_tasks_issued", {"5": [{"percent": 90}]}, 5, None, 5, False),
        ("finished", {"5": [{"percent": 90}]}, 2, None, 2, False),
    ],
)
def test_overrides_and_the_status_of_the_course_decide_the_grade(
    status: str, formulas: dict[str, Any] | None, saved: int | None, override: int | None, grade: int | None, missing: bool
) -> None:
    records = Records(course(status=status, grade_formulas=formulas), [group(1, -1, 9)], [task(1, 1)])

    stands = standing(records, Enrolment(saved_grade=saved, grade_override=override), NOW)

    assert (stands.grade, stands.next is not None) == (grade, missing)


@pytest.mark.parametrize(
    ("url", "template", "found"),
    [
        (None, "https://git.example/$GROUP_NAME/${TASK_NAME}?of=$USER_NAME&x=$OTHER", "https://git.example/group%201/a%26b?of=ada&x=$OTHER"),
        ("https://elsewhere.example/x", "https://git.example/", "https://elsewhere.example/x"),
        ("javascript:alert(1)", "https://git.example/", None),
        (None, "javascript:$TASK_NAME", None),
        (None, "", None),
    ],
)
def test_a_task_leads_to_its_own_address_or_to_the_templates_and_never_to_a_script(url: str | None, template: str, found: str | None) -> None:
    assert task_url(course(task_url_template=template), group(1, -1, 9), task(1, 1, name="a&b", url=url), "ada") == found


def test_links_lead_to_pages_alone() -> None:
    assert links_of(course(links={"Forum": "https://forum.example", "Bad": "javascript:alert(1)", "Odd": ["x"]})) == {"Forum": "https://forum.example"}
    assert web_address("HTTPS://EXAMPLE.ORG") == "HTTPS://EXAMPLE.ORG"


def test_a_plot_goes_through_the_steps_and_marks_this_moment() -> None:
    (card,) = cards(Records(course(deadline_kind="interpolate"), [group(1, -10, 500, {0.5: 0, 0.0: 10})], []), NOW)

    spec = plot(card, NOW, "Europe/Moscow", samples=22)

    assert card.is_drawn
    assert (spec["labels"][0], spec["labels"][10], spec["labels"][-1]) == (days(-10).isoformat(), NOW.isoformat(), days(12).isoformat())
    assert (spec["values"][0], spec["values"][5], spec["values"][10], spec["values"][15], spec["values"][-1]) == (100, 75, 50, 25, 0)
    assert spec["mark"] == {"at": 10, "text": "now"}
    assert spec["zone"] == "Europe/Moscow"


def test_what_is_over_or_hard_is_not_drawn() -> None:
    for kind, end, steps in (("interpolate", -1, {0.5: -3}), ("hard", 9, {0.5: 1}), ("interpolate", 9, {})):
        (card,) = cards(Records(course(deadline_kind=kind), [group(1, -9, end, steps)], []), NOW)
        assert not card.is_drawn
