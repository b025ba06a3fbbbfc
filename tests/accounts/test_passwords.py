"""Passwords: hashed with argon2id at a cost that is worth something, and known again."""

import re
import subprocess
import sys

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from accounts.passwords import COMMON, LONGEST_PASSWORD, SHORTEST_PASSWORD, hash_password, is_outdated, matches, password_fault
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


@pytest.mark.parametrize("password", ["a password", "nobody has this password", ""])
def test_no_password_opens_an_account_without_one(password: str) -> None:
    assert not matches(password, "")


def test_the_common_passwords_are_3000_at_least_of_those_that_are_long_enough() -> None:
    # ASVS 5.0, 6.2.4.
    assert len([password for password in COMMON if len(password) >= SHORTEST_PASSWORD]) >= 3000


@pytest.mark.parametrize("password", ["password", "PASSWORD", "Baseball", "trustno1", "1qaz2wsx"])
def test_a_common_password_is_refused_in_upper_and_lower_case(password: str) -> None:
    assert password_fault(password, "ada") == "This is one of the most common passwords, which attackers try first. Choose another."


@pytest.mark.parametrize("password", ["a password\ud800", "\udcff a password"])
def test_half_a_surrogate_pair_is_refused_in_a_password(password: str) -> None:
    assert password_fault(password, "ada") == "A password is text in UTF-8."


@given(st.text(min_size=SHORTEST_PASSWORD, max_size=LONGEST_PASSWORD))
def test_a_password_is_refused_for_nothing_but_being_common_or_the_name(password: str) -> None:
    assert (password_fault(password, "ada.lovelace") is None) == (password.lower() not in COMMON | {"ada.lovelace"})


def test_a_hash_made_at_another_cost_is_outdated() -> None:
    costly = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

    assert is_outdated(costly.hash("a password"))
    assert not is_outdated(hash_password("a password"))


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hash_password("a password") != hash_password("a password")
