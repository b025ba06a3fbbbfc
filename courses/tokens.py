"""The tokens of courses: what each scope lets somebody do."""

from courses.models import Scope
from project.tokens import new_token

PREFIX = "callboard_course_"
"""By it a scanner finds a token that was published by mistake."""
LONGEST = 255
"""What an operator brings along may have any form."""
SHORTEST = 16

OPENS = {
    Scope.REPORT: frozenset({Scope.REPORT}),
    Scope.READ: frozenset({Scope.READ}),
    Scope.CONFIGURE: frozenset(Scope),
}
"""What a token of each scope may do. Reading is the gradebook, which a student's CI must not see."""
WORDS = {
    Scope.REPORT: "Report scores, and read the score of one student and task",
    Scope.READ: "Read scores and the whole gradebook",
    Scope.CONFIGURE: "Do everything: load configs, edit scores, report, read",
}


def new_course_token() -> str:
    """A token that nobody has."""
    return PREFIX + new_token()


def opens(scope: str, *needed: Scope) -> bool:
    """Whether a token of that scope may do one of what is needed; nothing needed is open to each token."""
    return not needed or not OPENS[Scope(scope)].isdisjoint(needed)


def token_fault(token: str) -> str | None:
    """What is wrong with a token that an operator brings along, or None."""
    if not SHORTEST <= len(token) <= LONGEST:
        return f"A token has {SHORTEST} to {LONGEST} characters."
    if not (token.isascii() and token.isprintable()) or " " in token:
        return "A token has only printable ASCII characters, and no space."
    return None
