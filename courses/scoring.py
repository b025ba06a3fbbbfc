"""From what a checker reports to the score that counts: parsing, and the fold of a student's entries for one assignment.

Source: courses-contract, "score", "submit_time", "What is stored". Scores are whole points.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from courses.deadlines import Deadline, multiplier

MOST_OF_FULL = 2.0
"""The largest share of an assignment's points that a report may name."""
LARGEST = 2**31 - 1
"""The largest score that the database keeps."""
_ABSOLUTE = re.compile(r"([+-]*)([0-9]+)")
_SHARE = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})


class ScoreError(ValueError):
    """A field of a report cannot be understood; the text says what would be right."""


def parse_score(text: str | None, full: int) -> int:
    """The points that a report's `score` means for an assignment worth `full`; without one, all of them.

    Whole digits are points, without a limit but the database's; of signs there may be many, and an odd number of minuses is one. Anything with a
    point or an exponent is a share of the full score: below 0 it is nothing, above 2.0 an error, else it is rounded as Python does. So "1" is one
    point and "1.0" is all of it.
    """
    if text is None:
        return full
    text = text.strip()
    if absolute := _ABSOLUTE.fullmatch(text):
        signs, digits = absolute.groups()
        if len(digits.lstrip("0")) > len(str(LARGEST)) or int(digits) > LARGEST:
            raise ScoreError(f'score "{_short(text)}" is too large: at most {LARGEST} points')
        return -int(digits) if signs.count("-") % 2 else int(digits)
    if not _SHARE.fullmatch(text):
        raise ScoreError(f'score "{_short(text)}" is no number. Points are whole, e.g. 7; a share of the full score has a point, e.g. 0.7')
    share = float(text)
    if share > MOST_OF_FULL:
        raise ScoreError(f'score "{_short(text)}" is too large: a share is at most {MOST_OF_FULL}. Points are written without a decimal point, e.g. 7')
    return round(max(share, 0.0) * full)


def parse_flag(text: str | None, default: bool) -> bool:
    """Any usual spelling of true and false; without one, the default."""
    if text is None:
        return default
    spelled = text.strip().lower()
    if spelled not in _TRUE | _FALSE:
        raise ScoreError(f'"{_short(text)}" is neither true nor false')
    return spelled in _TRUE


def parse_submit_time(text: str | None) -> datetime | None:
    """The instant of a push, in UTC, from `2026-02-01 23:59:59+0300`; None if it was not said."""
    if text is None:
        return None
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        # A plus that a form did not encode arrives as a space.
        raise ScoreError(f'submit_time "{_short(text)}" is no date with time and offset, e.g. 2026-02-01 23:59:59+0300 (in a URL, + is %2B)') from None


def earned(score: int, share: float) -> int:
    """The points that are left of a score by the multiplier; what is less than a whole point is gone."""
    return int(score * share)


def stored(old: int | None, new: int, allow_reduction: bool) -> int:
    """The score after a report: the larger one, and a negative one stays, unless a reduction is allowed."""
    if allow_reduction:
        return new
    before = old or 0
    return before if before < 0 else max(before, new)


class EntryKind(StrEnum):
    """Where an entry of a student's history comes from."""

    REPORT = "report"
    EDIT = "edit"
    IMPORT = "import"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened to a student's score for an assignment.

    A report brings raw points and when the work was handed in. An edit sets what a teacher says, None to take the score away. An import brings points
    from another system. An undo takes back the last edit that stands, as if it had never been; it has no score of its own.
    """

    kind: EntryKind
    score: int | None
    submitted_at: datetime
    check_deadline: bool = True
    allow_reduction: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a student may submit, and what each counted submission takes off the multiplier of later ones."""

    max_submissions: int | None = None
    penalty: float = 0.0


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an entry came to.

    `attempt` is a report's number, from 1. `earned` is what the entry is worth by itself, `score` what the student has after it. An entry that is
    not `counted` was too early, too late or one too many, and uses up no submission. `why` says it to the student.
    """

    attempt: int | None
    multiplier: float
    earned: int | None
    score: int | None
    counted: bool
    why: str


@dataclass(frozen=True, slots=True)
class Folded:
    """The outcome of each entry, in order, and the score that counts in the end; None while there is none."""

    outcomes: tuple[Outcome, ...]
    score: int | None


def fold(entries: Iterable[Entry], deadline: Deadline, limits: Limits = NO_LIMITS) -> Folded:
    """The history of one student and one assignment, in order of arrival, evaluated by the student's own deadline.

    The same entries give the same outcomes, whenever they are folded; what comes later changes no outcome before it.
    """
    entries = list(entries)
    outcomes: list[Outcome] = []
    score: int | None = None
    attempts = counted = 0
    for position, entry in enumerate(entries):
        if entry.kind is EntryKind.REPORT:
            attempts += 1
            outcome = _reported(entry, score, attempts, counted, deadline, limits)
            counted += outcome.counted
        elif entry.kind is EntryKind.UNDO:
            outcome = _undone(fold(_standing(entries[: position + 1]), deadline, limits).score)
        else:
            outcome = edited(entry.score) if entry.kind is EntryKind.EDIT else _imported(entry, score)
        score = outcome.score
        outcomes.append(outcome)
    return Folded(tuple(outcomes), score)


def edit_to_undo(kinds: Iterable[str]) -> int | None:
    """The position of the edit that an undo would take back, in a history of these kinds: the last one that stands; None if there is none."""
    edits: list[int] = []
    for position, kind in enumerate(kinds):
        if kind == EntryKind.EDIT:
            edits.append(position)
        elif kind == EntryKind.UNDO and edits:
            edits.pop()
    return edits[-1] if edits else None


def _standing(entries: Sequence[Entry]) -> list[Entry]:
    """The entries without what is undone, and without the undoing."""
    standing: list[Entry] = []
    for entry in entries:
        if entry.kind is not EntryKind.UNDO:
            standing.append(entry)
        elif (undone := edit_to_undo(each.kind for each in standing)) is not None:
            del standing[undone]
    return standing


def _undone(score: int | None) -> Outcome:
    what = "there is no score" if score is None else f"the score is {score}"
    return Outcome(None, 1.0, score, score, True, f"A teacher took an edit back: {what}.")


def edited(score: int | None) -> Outcome:
    """What an edit comes to that sets this score, or none, whatever was before it."""
    why = "A teacher took the score away." if score is None else f"A teacher set the score to {score}."
    return Outcome(None, 1.0, score, score, True, why)


def _imported(entry: Entry, before: int | None) -> Outcome:
    """Imported again, a course takes nothing from what was earned here since; a negative score is a mark that goes along."""
    points = entry.score or 0
    after = points if before is None or points < 0 else stored(before, points, allow_reduction=False)
    why = f"{_points(points)} came from another system." + ("" if after == points else f" You had {before}.")
    return Outcome(None, 1.0, points, after, True, why)


def _reported(entry: Entry, before: int | None, attempt: int, counted: int, deadline: Deadline, limits: Limits) -> Outcome:
    """A report, with the score `before` it and the number of `counted` reports before it."""
    raw = entry.score or 0
    if limits.max_submissions is not None and counted >= limits.max_submissions:
        return Outcome(attempt, 0.0, 0, before, False, f"Not counted: {limits.max_submissions} submissions are allowed, and this is one more.")
    share = multiplier(deadline, entry.submitted_at) if entry.check_deadline else 1.0
    off = min(limits.penalty * counted, share)
    # In binary, 1 − 3 × 0.1 is less than 0.7 and would cost a point of ten.
    kept = round(share - off, 9) if off else share
    points = earned(raw, kept)
    after = stored(before, points, entry.allow_reduction)
    if entry.check_deadline and entry.submitted_at < deadline.start:
        return Outcome(attempt, 0.0, 0, after, False, "Not counted: handed in before the start.")
    if entry.check_deadline and entry.submitted_at >= deadline.end:
        return Outcome(attempt, 0.0, 0, after, False, "Not counted: handed in after the end.")
    why = (_in_time(raw, share), _penalised(off, counted), _compared(before, points, after))
    return Outcome(attempt, kept, points, after, True, " ".join(part for part in why if part))


def _in_time(raw: int, share: float) -> str:
    return f"In time: {_points(raw)}." if share == 1 else f"Late: {_percent(share)} of {_points(raw)}."


def _penalised(off: float, counted: int) -> str:
    if not off:
        return ""
    return f"{_percent(off)} less after {counted} earlier {'submission' if counted == 1 else 'submissions'}."


def _points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"


def _compared(before: int | None, points: int, after: int) -> str:
    """Why the score is what it is, where a student would wonder."""
    if after == points:
        return f"Your score went down from {before}, as the report asked." if before is not None and points < before else ""
    if after < 0:
        return f"Your score stays {after} until a teacher changes it."
    return f"Not more than the {after} you have."


def _percent(share: float) -> str:
    """A share in percent, with as many decimals as tell it from neighbours, e.g. 50 % and 84.6 %."""
    return f"{round(100 * share, 1):g} %"


def _short(text: str) -> str:
    """What was sent, in a length that fits a line."""
    return text if len(text) <= 40 else f"{text[:40]}…"
