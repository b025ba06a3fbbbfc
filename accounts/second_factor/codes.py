"""The codes of the second factor: an app's six digits, good for moments (RFC 6238), and recovery codes, good once."""

import re
import secrets
from base64 import b32encode
from datetime import datetime

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

ISSUER = "Callboard"
"""What the app calls this site."""
STEPS_OFF = 1
"""Time steps of 30 seconds that the phone's clock may be wrong by."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""Of randomness in each: 120 bits, so that a plain digest of one may be kept (ASVS 5.0, 6.5.2), and 24 characters of base32."""
GROUP = 4

BETWEEN = re.compile(r"[\s-]+")
APP_CODE = re.compile(r"[0-9]{6}")
RECOVERY_CODE = re.compile(r"[A-Z2-7]{24}")
MISREAD = str.maketrans("01", "OI")
"""Base32 has neither 0 nor 1, so that who reads one off a paper meant a letter (RFC 4648, 3.4)."""


def new_secret() -> str:
    """A secret to share with an app: 160 random bits in base32, as RFC 4226, 4 recommends."""
    return random_base32()


def app_uri(secret: str, username: str) -> str:
    """What the QR code says: the `otpauth:` URI that apps take a secret from."""
    return TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step that `code` belongs to, if the app shows it about the instant `at`, else None."""
    try:
        return TOTP(secret).verify_and_get_timecode(code, for_time=at, valid_window=STEPS_OFF)
    except OTPVerificationError:
        return None


def new_recovery_code() -> str:
    """A recovery code as it is kept: without hyphens."""
    return b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()


def app_code(typed: str) -> str | None:
    """The app's code that was typed, with or without blanks; None where that can't be one."""
    code = BETWEEN.sub("", typed)
    return code if APP_CODE.fullmatch(code) else None


def recovery_code(typed: str) -> str | None:
    """The recovery code that was typed, in upper or lower case, with or without hyphens and blanks; None where that can't be one."""
    # What is not ASCII is refused before upper(), which makes SS of ß.
    code = BETWEEN.sub("", typed).upper().translate(MISREAD) if typed.isascii() else ""
    return code if RECOVERY_CODE.fullmatch(code) else None


def in_groups(code: str, between: str = "-") -> str:
    """A code as a person reads and types it, in groups of four."""
    return between.join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
