"""What students get instead of the solution."""

import pytest

from checker.templates import mark_fault, without_solution

MARKED = "def f():\n    # SOLUTION BEGIN\n    return 1\n    # SOLUTION END\n\nprint(f())\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (MARKED, "def f():\n    # TODO: Your solution\n\nprint(f())\n"),
        ("a\n/* SOLUTION BEGIN */\nb\n/* SOLUTION END */\nc\r\n", "a\n/* TODO: Your solution */\nc\r\n"),
        ("x SOLUTION BEGIN a SOLUTION END y SOLUTION BEGIN b SOLUTION END", "x TODO: Your solution y TODO: Your solution"),
        ("# SOLUTION BEGIN\nall\n# SOLUTION END\n", None),
        ("SOLUTION BEGIN\nall\nSOLUTION END", None),
        ("/* SOLUTION BEGIN */ a /* SOLUTION END */\n\n// SOLUTION BEGIN\nb\n// SOLUTION END", None),
    ],
)
def test_what_is_marked_is_cut_out(text: str, left: str | None) -> None:
    assert without_solution(text) == left


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (MARKED, None),
        ("SOLUTION BEGIN\nSOLUTION BEGIN\nSOLUTION END\nSOLUTION END", "line 2: SOLUTION BEGIN, but the one in line 1 is not ended yet"),
        ("a\nSOLUTION BEGIN", "line 2: SOLUTION BEGIN without a SOLUTION END after it"),
        ("SOLUTION END\nSOLUTION BEGIN", "line 1: SOLUTION END without a SOLUTION BEGIN before it"),
        ("SOLUTION BEGIN SOLUTION END SOLUTION END", "line 1: SOLUTION END without a SOLUTION BEGIN before it"),
    ],
)
def test_marks_stand_in_pairs(text: str, fault: str | None) -> None:
    assert mark_fault(text) == fault
