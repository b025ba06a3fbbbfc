"""Passwords: hashed with argon2id at a cost that is worth something, and known again."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.passwords import hash_password, matches
from project.settings import ROOT

PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def test_a_hash_costs_at_least_what_owasp_asks_for() -> None:
    # In a process of its own, for these tests make hashing cheap. OWASP, "Password Storage Cheat Sheet": 19 MiB and two passes.
    script = "from accounts.passwords import hash_password; print(hash_password('a password'))"

    written = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout

    parameters = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", written)
    assert parameters
    assert int(parameters[1]) >= 19 * 1024
    assert int(parameters[2]) >= 2


@given(PASSWORDS)
def test_a_password_is_known_again(password: str) -> None:
    assert matches(password, hash_password(password))


@given(PASSWORDS, PASSWORDS)
def test_another_password_is_not_taken_for_it(password: str, other: str) -> None:
    assert matches(other, hash_password(password)) is (other == password)


@pytest.mark.parametrize("password", ["a password", "nobody has this password", ""])
def test_no_password_opens_an_account_that_is_not_there(password: str) -> None:
    assert not matches(password, None)


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hash_password("a password") != hash_password("a password")
