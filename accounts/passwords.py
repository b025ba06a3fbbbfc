"""Passwords: hashed with argon2id, checked at the same cost whether or not the user exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its salt and parameters."""
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether `password` is the one behind `password_hash`; None stands for a user who does not exist.

    A hash is computed in either case, so that the time it takes gives no name away.
    """
    try:
        _hasher.verify(password_hash or _nobodys_hash(), password)
    except VerifyMismatchError:
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")


def warm_up() -> None:
    """Make the hash that stands for nobody's password, else the first unknown user would cost two."""
    _nobodys_hash()
