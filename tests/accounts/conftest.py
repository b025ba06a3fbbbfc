"""Passwords cost next to nothing in these tests: the same argon2id, with the smallest parameters it takes."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from accounts import passwords
from tests import factories


@pytest.fixture(autouse=True, scope="package")
def cheap_passwords() -> Iterator[None]:
    """A hash takes a quarter of a second in earnest, and these tests need a thousand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST))
        forget_hashes()
        yield
    forget_hashes()


def forget_hashes() -> None:
    """Let go of hashes that were made at another cost."""
    passwords._nobodys_hash.cache_clear()
    factories._hash.clear()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The password of each hash that is computed to check one."""
    passwords: list[str] = []
    verify = PasswordHasher.verify

    def note(self: PasswordHasher, password_hash: str, password: str) -> bool:
        passwords.append(password)
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", note)
    return passwords
