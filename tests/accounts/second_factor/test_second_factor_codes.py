"""Codes: which ones an app shows about an instant, and how those that people type are read."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyotp import TOTP

from accounts.models import LONGEST_NAME
from accounts.second_factor.codes import app_code, app_uri, in_groups, new_recovery_code, new_secret, recovery_code, step_of
from accounts.second_factor.qr import qr_svg
from accounts.second_factor.waiting import WaitingLogin

# RFC 6238, appendix B: the seed of SHA-1 in base32, and the last six of the eight digits at each instant.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")]
RECOVERY = "ABCDEFGHIJKLMNOPQRSTUVWX"


def instant(seconds: float) -> datetime:
    """So many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert step_of(RFC_SECRET, code, instant(seconds)) == seconds // 30


@pytest.mark.parametrize(
    ("seconds_off", "good"), [(-61, False), (-31, False), (-30, True), (-1, True), (0, True), (29, True), (30, True), (59, True), (60, False), (90, False)]
)
def test_a_phones_clock_may_be_one_step_off_either_way(seconds_off: int, good: bool) -> None:
    # At the beginning of a step; what the phone shows belongs to the step of its own clock.
    at = instant(1_800_000_000)

    step = step_of(RFC_SECRET, TOTP(RFC_SECRET).at(at + timedelta(seconds=seconds_off)), at)

    assert step == ((1_800_000_000 + seconds_off) // 30 if good else None)


@pytest.mark.parametrize(("typed", "code"), [("123456", "123456"), (" 123 456\n", "123456"), ("123-456", "123456"), ("000000", "000000")])
def test_an_apps_code_is_read_with_or_without_blanks(typed: str, code: str) -> None:
    assert app_code(typed) == code


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "１２３４５６", "٣٣٣٣٣٣", "+12345", "12.456", "123456\0"])  # noqa: RUF001  # odd digits, on purpose
def test_what_is_no_apps_code_is_not_read_as_one(typed: str) -> None:
    assert app_code(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        RECOVERY,
        RECOVERY.lower(),
        "ABCD-EFGH-IJKL-MNOP-QRST-UVWX",
        "abcd efgh ijkl mnop qrst uvwx",
        "  ABCDEFGH-ijkl  mnop\tqrst-UVWX\r\n",
        "ABCD-EFGH-1JKL-MN0P-QRST-UVWX",
    ],
)
def test_a_recovery_code_is_read_however_it_is_typed(typed: str) -> None:
    assert recovery_code(typed) == RECOVERY


@pytest.mark.parametrize("typed", ["", RECOVERY[:-1], RECOVERY + "A", RECOVERY[:-1] + "8", RECOVERY[:-1] + "é", "ß" * 12, RECOVERY[:-1] + "\0", "\ud800"])
def test_what_is_no_recovery_code_is_not_read_as_one(typed: str) -> None:
    assert recovery_code(typed) is None


@given(st.text())
def test_nothing_is_read_as_both(typed: str) -> None:
    assert app_code(typed) is None or recovery_code(typed) is None


def test_a_recovery_code_is_long_enough_that_nobody_guesses_it_and_read_as_it_is_shown() -> None:
    codes = {new_recovery_code() for _ in range(100)}

    assert len(codes) == 100
    assert {len(code) * 5 for code in codes} == {120}
    assert {recovery_code(in_groups(code)) for code in codes} == codes


def test_a_code_in_groups_of_four() -> None:
    assert in_groups(RECOVERY) == "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"


@pytest.mark.parametrize("username", ["ada", "a+b@example.org", "x" * LONGEST_NAME])
def test_the_app_is_told_the_secret_the_site_and_the_name(username: str) -> None:
    secret = new_secret()

    uri = urlsplit(app_uri(secret, username))

    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Callboard:{username}")
    assert parse_qs(uri.query) == {"secret": [secret], "issuer": ["Callboard"]}


def test_the_longest_name_fits_into_a_picture() -> None:
    assert qr_svg(app_uri(new_secret(), "@" * LONGEST_NAME)).startswith("<svg viewBox=")


@pytest.mark.parametrize(("seconds", "over"), [(0, False), (299, False), (300, True), (86400, True)])
def test_a_login_waits_five_minutes(seconds: int, over: bool) -> None:
    login = WaitingLogin(user_id=1, remember=False, target=None, how="password", at=1_800_000_000, bound_to="")

    assert login.is_over(1_800_000_000 + seconds) is over
