"""What a username may be."""

import re

from accounts.models import LONGEST_NAME

SHORTEST_NAME = 3
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*")


def username_fault(username: str) -> str | None:
    """What is wrong with a new username, or None; that it is taken is another question."""
    if not SHORTEST_NAME <= len(username) <= LONGEST_NAME:
        return f"A username has {SHORTEST_NAME} to {LONGEST_NAME} characters."
    if not NAME.fullmatch(username):
        return "A username begins with a letter or a digit and has only A–Z, a–z, 0–9 and . _ @ + - in it."
    return None
