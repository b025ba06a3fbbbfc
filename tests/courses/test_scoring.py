"""What a report's fields mean, and what is stored of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.scoring import LARGEST, ScoreError, earned, parse_flag, parse_score, parse_submit_time, stored
from tests.courses.examples import a_few


@pytest.mark.parametrize(
    ("text", "points"),
    [
        (None, 10),
        ("0", 0),
        ("1", 1),
        ("1.0", 10),
        ("7", 7),
        ("+7", 7),
        ("-7", -7),
        (" 7 ", 7),
        ("500", 500),
        ("0000000000000007", 7),
        (str(LARGEST), LARGEST),
        (f"-{LARGEST}", -LARGEST),
        ("0.5", 5),
        (".5", 5),
        ("5.", None),
        ("5e-1", 5),
        ("0.25", 2),
        ("0.75", 8),
        ("0.35", 4),
        ("2.0", 20),
        ("2.0001", None),
        ("-0.5", 0),
        ("-1e9", 0),
        ("1e400", None),
        ("-1e400", 0),
        (str(LARGEST + 1), None),
        ("9" * 5000, None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("--5", 5),
        ("+-5", -5),
        ("-+-+-5", -5),
        ("--", None),
        ("- 5", None),
        ("1_0", None),
        ("0,5", None),
        ("٣", None),
        ("ten", None),
        ("10 points", None),
        ("0x10", None),
    ],
)
def test_a_score_is_points_or_a_share_or_an_error(text: str | None, points: int | None) -> None:
    if points is None:
        with pytest.raises(ScoreError, match="score"):
            parse_score(text, 10)
    else:
        assert parse_score(text, 10) == points


@a_few
@given(st.text("019+-._eE naif٣", max_size=12), st.integers(0, 10**6))
def test_every_text_is_a_score_that_the_database_keeps_or_an_error(text: str, full: int) -> None:
    try:
        points = parse_score(text, full)
    except ScoreError:
        return
    assert abs(points) <= LARGEST


@pytest.mark.parametrize("text", ["True", "true", "TRUE", "1", "yes", "on", " y ", "t"])
def test_true_is_understood_in_any_usual_spelling(text: str) -> None:
    assert parse_flag(text, False) is True


@pytest.mark.parametrize("text", ["False", "false", "0", "no", "Off", "n", "f"])
def test_false_is_understood_in_any_usual_spelling(text: str) -> None:
    assert parse_flag(text, True) is False


@pytest.mark.parametrize("text", ["", "maybe", "2", "None", "truth"])
def test_another_flag_is_an_error(text: str) -> None:
    with pytest.raises(ScoreError, match="neither true nor false"):
        parse_flag(text, True)


@pytest.mark.parametrize("default", [True, False])
def test_a_flag_that_is_not_said_is_its_default(default: bool) -> None:
    assert parse_flag(None, default) is default


@pytest.mark.parametrize("text", ["2026-02-01 23:59:59+0300", "2026-02-01 23:59:59+03:00", "2026-02-01 20:59:59Z", "2026-02-01 20:59:59+0000"])
def test_a_submit_time_is_an_instant(text: str) -> None:
    assert parse_submit_time(text) == datetime(2026, 2, 1, 20, 59, 59, tzinfo=UTC)


def test_a_submit_time_that_is_not_said_is_left_to_the_clock() -> None:
    assert parse_submit_time(None) is None


@pytest.mark.parametrize(
    "text", ["", "now", "2026-02-01", "2026-02-01 23:59:59", "2026-02-01 23:59:59 0300", "2026-02-30 23:59:59+0300", "0001-01-01 00:00:00+1400"]
)
def test_a_submit_time_that_is_no_instant_is_an_error(text: str) -> None:
    with pytest.raises(ScoreError, match="submit_time"):
        parse_submit_time(text)


@pytest.mark.parametrize(("score", "share", "points"), [(10, 1.0, 10), (10, 0.5, 5), (9, 0.5, 4), (10, 0.679872, 6), (10, 0.0, 0), (-5, 0.5, -2)])
def test_what_is_less_than_a_point_is_gone(score: int, share: float, points: int) -> None:
    assert earned(score, share) == points


@pytest.mark.parametrize(
    ("old", "new", "allow_reduction", "kept"),
    [
        (None, 5, False, 5),
        (None, -5, False, 0),
        (None, -5, True, -5),
        (3, 5, False, 5),
        (5, 3, False, 5),
        (5, 3, True, 3),
        (-5, 9, False, -5),
        (-5, 9, True, 9),
        (0, 0, False, 0),
    ],
)
def test_the_larger_score_is_stored_unless_a_reduction_is_allowed(old: int | None, new: int, allow_reduction: bool, kept: int) -> None:
    assert stored(old, new, allow_reduction) == kept
