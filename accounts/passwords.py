"""Passwords: hashed with argon2id, checked at the same cost whether or not the user exists."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256

COMMON = frozenset(password for password in FREQUENCY_LISTS["passwords"] if len(password) >= SHORTEST_PASSWORD)
"""The most common passwords that are long enough, in lower case; ASVS 5.0, 6.2.4 asks for 3,000 at least."""

_hasher = PasswordHasher()
_turns = BoundedSemaphore(2)
"""Each hash takes 64 MiB while it is computed; all threads of a process at once would take more than a small host has."""


def password_fault(password: str, username: str) -> str | None:
    """What is wrong with a new password of that user, or None."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
    if any("\ud800" <= character <= "\udfff" for character in password):
        # Half a surrogate pair: what Python makes of a terminal's bytes that are none, and nothing that could be hashed.
        return "A password is text in UTF-8."
    if password.lower() in COMMON:
        return "This is one of the most common passwords, which attackers try first. Choose another."
    if password.lower() == username.lower():
        return "The password must not be the username."
    return None


def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its salt and parameters."""
    with _turns:
        return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether `password` is the one behind `password_hash`; None stands for a user who does not exist.

    A hash is computed in either case, so that the time it takes gives no name away.
    """
    known_hash = password_hash or _nobodys_hash()
    try:
        with _turns:
            _hasher.verify(known_hash, password)
    except VerifyMismatchError:
        return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than new ones are, so that it should be made again while the password is at hand."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return hash_password("nobody has this password")


def warm_up() -> None:
    """Make the hash that stands for nobody's password, else the first unknown user would cost two."""
    _nobodys_hash()
