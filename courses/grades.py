"""Grades: formulas that say what each grade asks for, and what a student lacks for the next one.

A grade has alternatives, one of which is enough; an alternative has minimums by path, all of which must be reached. Source: courses-contract,
`grades.grades`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

Alternative = Mapping[str, float]
"""The least value by path, e.g. `{"percent": 80, "scores/exam": 5}`; the path "" is always there, so `{"": 0}` asks for nothing."""
Formulas = Mapping[int, Sequence[Alternative]]
"""The alternatives of each grade."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What formulas can ask about a student."""

    percent: float
    total_score: int
    large_count: int
    scores: Mapping[str, int]

    def at(self, path: str) -> float | None:
        """The value at a path (`percent`, `total_score`, `large_count`, `scores/<task>`), or None if there is none."""
        match PurePosixPath(path).parts:
            case ():
                return 1
            case ("percent",):
                return self.percent
            case ("total_score",):
                return self.total_score
            case ("large_count",):
                return self.large_count
            case ("scores", *name) if name:
                return self.scores.get("/".join(name))
        return None

    def reach(self, path: str, minimum: float) -> bool:
        """Whether the value at the path is at least the minimum; where there is none, it is not."""
        value = self.at(path)
        return value is not None and value >= minimum


@dataclass(frozen=True, slots=True)
class Lack:
    """A minimum that is not reached: what the student has there (None: nothing) and needs."""

    path: str
    has: float | None
    needs: float


@dataclass(frozen=True, slots=True)
class NextGrade:
    """The next better grade, and for each way to it what is missing; one way is enough."""

    grade: int
    ways: tuple[tuple[Lack, ...], ...]


def grade(formulas: Formulas, facts: Facts) -> int:
    """The best grade whose formula the facts fulfil; 0 if they fulfil none, or there are none."""
    for value in sorted(formulas, reverse=True):
        if any(not _lacks(alternative, facts) for alternative in formulas[value]):
            return value
    return 0


def next_grade(formulas: Formulas, facts: Facts, reached: int) -> NextGrade | None:
    """What is missing to the lowest grade above `reached` that can be had at all; None if there is no better one."""
    for value in sorted(formulas):
        if value > reached and formulas[value]:
            return NextGrade(value, tuple(_lacks(alternative, facts) for alternative in formulas[value]))
    return None


def from_json(stored: Mapping[str, Sequence[Alternative]]) -> Formulas:
    """Formulas as a column of JSON keeps them, whose keys are text."""
    return {int(value): alternatives for value, alternatives in stored.items()}


def _lacks(alternative: Alternative, facts: Facts) -> tuple[Lack, ...]:
    """The minimums of an alternative that are not reached; none of them: it is fulfilled."""
    return tuple(Lack(path, facts.at(path), minimum) for path, minimum in alternative.items() if not facts.reach(path, minimum))
