"""What a new config changes, for the preview."""

from courses.config.changes import Change, ChangeKind, Thing, changes
from courses.config.reader import read_config

OLD = """\
version: 1
status: in_progress
ui: {task_url_template: "https://example.org/$TASK_NAME"}
deadlines:
  timezone: Europe/Berlin
  schedule:
    - {group: A, start: 2026-01-01 10:00, end: 2026-02-01 10:00, tasks: [{task: a1, score: 10}, {task: a2, score: 20}]}
    - {group: B, start: 2026-01-15 10:00, steps: {0.5: 2026-02-01 10:00}, end: 2026-03-01 10:00, tasks: [{task: b1, score: 30}]}
"""


def changed(*replacements: tuple[str, str]) -> list[Change]:
    text = OLD
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    return list(changes(read_config(OLD.encode()), read_config(text.encode())))


def test_the_same_config_changes_nothing() -> None:
    assert changed() == []


def test_of_a_new_course_everything_is_added() -> None:
    found = changes(None, read_config(OLD.encode()))

    assert [change.name for change in found if change.kind is ChangeKind.ADDED] == ["A", "B", "a1", "a2", "b1"]


def test_tasks_are_added_removed_moved_and_worth_other_points() -> None:
    moved = changed(
        ("tasks: [{task: a1, score: 10}, {task: a2, score: 20}]", "tasks: []"),
        ("{task: b1, score: 30}", "{task: a2, score: 20}, {task: b1, score: 35}, {task: b2, score: 1}"),
    )

    assert moved == [
        Change(ChangeKind.ADDED, Thing.TASK, "b2"),
        Change(ChangeKind.REMOVED, Thing.TASK, "a1"),
        Change(ChangeKind.MOVED, Thing.TASK, "a2", "group", "A", "B"),
        Change(ChangeKind.POINTS, Thing.TASK, "b1", "points", "30", "35"),
    ]


def test_what_is_disabled_is_removed_with_all_in_it() -> None:
    assert changed(("{group: B,", "{group: B, enabled: false,")) == [
        Change(ChangeKind.REMOVED, Thing.GROUP, "B"),
        Change(ChangeKind.REMOVED, Thing.TASK, "b1"),
    ]


def test_dates_are_shown_in_the_courses_zone() -> None:
    assert changed(("steps: {0.5: 2026-02-01 10:00}, end: 2026-03-01 10:00", "steps: {0.5: 2026-02-02 10:00, 0.2: 20d}, end: 2026-03-01 11:00")) == [
        Change(ChangeKind.DEADLINE, Thing.GROUP, "B", "steps", "0.5 from 2026-02-01 10:00", "0.5 from 2026-02-02 10:00, 0.2 from 2026-02-04 10:00"),
        Change(ChangeKind.DEADLINE, Thing.GROUP, "B", "end", "2026-03-01 10:00", "2026-03-01 11:00"),
    ]


def test_a_new_order_is_one_change() -> None:
    assert changed(("{task: a1, score: 10}, {task: a2, score: 20}", "{task: a2, score: 20}, {task: a1, score: 10}")) == [
        Change(ChangeKind.MOVED, Thing.TASK, "", "order", "a1, a2, b1", "a2, a1, b1")
    ]


def test_settings_of_the_course_and_flags_of_tasks_are_told() -> None:
    formulas = "grades: {grades: {3: [{percent: 50}], 5: [{percent: 90, large_count: 1}, {scores/b1: 30}], 2: [{'': 0}], 1: [{}]}}\n"

    assert changed(
        ("status: in_progress\n", formulas),
        ("  timezone: Europe/Berlin", "  timezone: Europe/Berlin\n  max_submissions: 5"),
        ("{task: a1, score: 10}", "{task: a1, score: 10, is_large: yes, min_score: 5}"),
    ) == [
        Change(ChangeKind.SETTING, Thing.COURSE, "", "most submissions", "", "5"),
        Change(
            ChangeKind.SETTING,
            Thing.COURSE,
            "",
            "grades",
            "",
            "5: percent ≥ 90 and large_count ≥ 1 or scores/b1 ≥ 30; 3: percent ≥ 50; 2: anything ≥ 0; 1: nothing",
        ),
        Change(ChangeKind.SETTING, Thing.TASK, "a1", "least score", "0", "5"),
        Change(ChangeKind.SETTING, Thing.TASK, "a1", "large", "no", "yes"),
    ]
