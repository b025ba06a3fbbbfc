"""Which hashes are computed."""

import pytest
from argon2 import PasswordHasher


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
