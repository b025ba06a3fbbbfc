"""Secrets that the site makes itself: random enough that a plain hash of one is all that is kept.

A password needs a slow hash because people choose it; nobody guesses 256 random bits (ASVS 5.0, 11.4 and 6.5).
"""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, as text that a URL and a cookie can hold."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the database keeps of a token: its SHA-256, 64 hexadecimal digits. What is no text, half a surrogate pair say, has one too."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
