"""What a course may be called in its addresses."""

import re
from collections.abc import Collection, Iterable

LONGEST = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
FOLDERS = ("api", "courses")
"""Below these a course's name stands beside words of the site."""


def name_fault(name: str, reserved: Collection[str]) -> str | None:
    """What is wrong with a new course's name, or None; that it is taken is another question."""
    if len(name) > LONGEST or not NAME.fullmatch(name):
        return f"A course's name begins with a letter or a digit, has only A–Z, a–z, 0–9 and . _ - in it, and at most {LONGEST} characters: 2026-spring."
    if name.lower() in reserved:
        return f'"{name}" is a word of the site\'s own addresses. Choose another name.'
    return None


def reserved_words(routes: Iterable[str]) -> frozenset[str]:
    """The words that the site's routes begin with, and those that stand where the API and the pages have the names of courses."""
    words = set(FOLDERS)
    for route in routes:
        first, _, rest = route.lower().strip("/").partition("/")
        words |= {first, rest.partition("/")[0]} if first in FOLDERS else {first}
    return frozenset(word for word in words if word and "<" not in word)
