"""Each fault of a config has its line and says what was expected, all at once."""

import pytest

from tests.courses.config.written import faults_in, faults_of_group

GOOD = """\
version: 1
ui:
  task_url_template: https://example.org/$TASK_NAME
deadlines:
  timezone: Europe/Berlin
  schedule:
    - group: Numbers
      start: 2026-01-01 10:00
      end: 2026-02-01 10:00
      tasks:
        - task: sum
          score: 10
"""


def test_all_faults_are_found_at_once_in_the_order_of_the_file() -> None:
    assert faults_in("""
        version: 2
        status: running
        ui:
          task_url_template: example.org/$TASK_NAME
          links:
            Chat: javascript:alert(1)
        deadlines:
          timezone: Europe/Atlantis
          deadlines: soft
          max_submissions: 0
          submission_penalty: -1
          schedule:
            - group: Numbers
              start: 2026-01-01 10:00
              steps:
                0.5: 2026-01-20 10:00
                0.7: 2026-01-25 10:00
                1.5: 2026-01-26 10:00
                0.2: 2026-01-10 10:00
                0.1: 2026-03-01 10:00
              end: 2026-02-01 10:00
              tasks:
                - task: sum
                  score: ten
                  is_bonus: perhaps
                - task: sum
                  score: 1.5
                - score: -1
                - 7
            - group: Numbers
              start: 2026-01-01 10:00
              end: 2025-01-01 10:00
            - enabled: 2
        grades:
          grades:
            A: [{percent: 90}]
            5: {percent: 90}
            4:
              - percent: most
    """) == [
        "version: 2 is not known, 1 is. Line 1.",
        'status: "running" is not one of created, hidden, in_progress, all_tasks_issued, doreshka, finished. Line 2.',
        'ui.task_url_template: "example.org/$TASK_NAME" is not an address that begins with http:// or https://. Line 4.',
        'ui.links: "javascript:alert(1)" is not an address that begins with http:// or https://. Line 6.',
        'deadlines.timezone: "Europe/Atlantis" is not a time zone, e.g. "Europe/Berlin". Line 8.',
        'deadlines.deadlines: "soft" is not one of hard, interpolate. Line 9.',
        "deadlines.max_submissions: 0 is below 1. Line 10.",
        "deadlines.submission_penalty: -1 is below 0. Line 11.",
        "deadlines.schedule[0].steps: 0.7 (2026-01-25 10:00) comes after 0.5 (2026-01-20 10:00): shares may only fall. Line 17.",
        "deadlines.schedule[0].steps: 1.5 is not a share from 0 to 1. Line 18.",
        "deadlines.schedule[0].steps: 0.2 (2026-01-10 10:00) is not after 0.7 (2026-01-25 10:00): each step is later than the one before it. Line 19.",
        "deadlines.schedule[0].steps: 0.1 (2026-03-01 10:00) is after the end, so it would never be reached. Line 20.",
        'deadlines.schedule[0].tasks[0].score: "ten" is not a whole number. Line 24.',
        'deadlines.schedule[0].tasks[0].is_bonus: "perhaps" is neither true nor false. Line 25.',
        'deadlines.schedule[0].tasks[1].task: the name "sum" is taken by the task on line 23. Line 26.',
        "deadlines.schedule[0].tasks[1].score: 1.5 is not a whole number up to 1,000,000,000. Line 27.",
        "deadlines.schedule[0].tasks[2].score: -1 is below 0. Line 28.",
        "deadlines.schedule[0].tasks[2].task: missing, expected the name of the task. Line 28.",
        "deadlines.schedule[0].tasks[3]: 7 is not a mapping. Line 29.",
        'deadlines.schedule[1].group: the name "Numbers" is taken by the group on line 13. Line 30.',
        'deadlines.schedule[1].end: "2025-01-01 10:00" is before the start. Line 32.',
        "deadlines.schedule[2].enabled: 2 is neither true nor false. Line 33.",
        'deadlines.schedule[2].end: missing, expected a date such as "2026-02-01 23:59", or a span such as 7d, 13d 05:59:59 or P3D. Line 33.',
        "deadlines.schedule[2].group: missing, expected the name of the group. Line 33.",
        'deadlines.schedule[2].start: missing, expected a date such as "2026-02-01 23:59". Line 33.',
        'grades.grades: "A" is not a whole number. Line 36.',
        "grades.grades.5: a mapping is not a list. Line 37.",
        'grades.grades.4[0]: "most" is not a number. Line 39.',
    ]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", ["the file: empty. Line 1."]),
        ("- 1", ["the file: a list is not a mapping with version, ui and deadlines. Line 1."]),
        (
            "a: 1",
            [
                "deadlines: missing, expected a mapping. Line 1.",
                "ui: missing, expected a mapping. Line 1.",
                "version: missing, expected 1. Line 1.",
            ],
        ),
        (GOOD.replace("version: 1", "version:"), ["version: missing, expected 1. Line 1."]),
        (GOOD.replace("group: Numbers", "group: 2026"), ["deadlines.schedule[0].group: 2026 is not text; in quotes it would be. Line 7."]),
        (GOOD.replace("group: Numbers", "group: ' '"), ["deadlines.schedule[0].group: a name is empty. Line 7."]),
        (GOOD.replace("task: sum", 'task: "a\\nb"'), ['deadlines.schedule[0].tasks[0].task: "a b" is not a name of one line. Line 11.']),
        (GOOD.replace("score: 10", "score: .inf"), ["deadlines.schedule[0].tasks[0].score: .inf is not a whole number. Line 12."]),
        (GOOD.replace("score: 10", "score: yes"), ["deadlines.schedule[0].tasks[0].score: yes is not a whole number. Line 12."]),
        (
            GOOD + "          url: file:///etc/passwd\n",
            ['deadlines.schedule[0].tasks[0].url: "file:///etc/passwd" is not an address that begins with http:// or https://. Line 13.'],
        ),
        (GOOD.replace("Europe/Berlin", "../../etc/passwd"), ['deadlines.timezone: "../../etc/passwd" is not a time zone, e.g. "Europe/Berlin". Line 5.']),
        (
            GOOD.replace("2026-01-01 10:00", "soon").replace("end: 2026-02-01 10:00", "steps: {0.8: 2026-01-05, 0.5: 7d, 0.3: P3X}\n      end: never"),
            [
                'deadlines.schedule[0].start: "soon" is not a date such as "2026-02-01 23:59". Line 8.',
                'deadlines.schedule[0].steps: "P3X" is neither a date such as "2026-02-01 23:59" nor a span such as 7d, 13d 05:59:59 or P3D. Line 9.',
                'deadlines.schedule[0].end: "never" is neither a date such as "2026-02-01 23:59" nor a span such as 7d, 13d 05:59:59 or P3D. Line 10.',
            ],
        ),
        (GOOD + "grades: {grades: {5: [], 5.0: []}}", ["grades.grades: the grade 5 is there already. Line 13."]),
    ],
)
def test_a_fault_says_where_it_is_and_what_would_be_right(text: str, faults: list[str]) -> None:
    assert faults_in(text) == faults


@pytest.mark.parametrize(
    "change",
    [
        ("score: 10", "score: '10'"),
        ("score: 10", "score: 10.0"),
        ("score: 10", "score: 0x0A"),
        ("version: 1", "\ufeffversion: 1"),
        ("version: 1", "%YAML 1.1\n---\nversion: 1"),
        ("      tasks:", "      enabled: 'on'\n      tasks:"),
        ("      tasks:", "      steps:\n      tasks:"),
        ("version: 1", "version: 1\ngrades:\nmr_review: yes\nsettings: [1, 1.5, ~, no, 2026-01-01]\nunknown: {1: {[a]: b}}"),
    ],
)
def test_what_existing_files_write_in_other_ways_is_no_fault(change: tuple[str, str]) -> None:
    assert faults_in(GOOD.replace(*change)) == []


def test_two_groups_written_on_one_line_or_by_an_alias_still_need_two_names() -> None:
    one_line = "[{group: A, start: 2026-01-01, end: 7d}, {group: A, start: 2026-01-01, end: 7d}]"
    aliased = "[&a {group: A, start: 2026-01-01, end: 7d}, *a]"

    for schedule in (one_line, aliased):
        (fault,) = faults_in(GOOD[: GOOD.index("schedule:")] + f"schedule: {schedule}\n")
        assert 'the name "A" is taken by the group on line 6' in fault


def test_a_step_at_the_start_is_a_fault_and_one_at_the_end_is_none() -> None:
    (fault,) = faults_of_group(steps="{0.5: 2026-01-01 10:00}")

    assert "0.5 (2026-01-01 10:00) is not after the start" in fault
    assert faults_of_group(steps="{0.5: 2026-02-01 10:00}") == []
    assert "comes after" not in "".join(faults_of_group(steps="{1.0: 1d, 1: 2d}"))


def test_more_than_a_hundred_faults_are_counted_not_listed() -> None:
    found = faults_in(GOOD + "".join(f"        - task: {index}\n          score: 1\n" for index in range(150)))

    assert len(found) == 101
    assert found[-1] == "… and 50 more."
