"""What looks like a secret is not shown: an argument or a key of that name has dots for its value. Pure functions."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

MASK = "••••••"
TOO_DEEP = "…"
DEEPEST = 40
"""Lists and dicts in each other that are looked into; JSON of hundreds would end Python's stack."""
PARTS = ("passw", "passphrase", "token", "secret", "apikey", "authori", "credential")
"""What is a secret's name wherever it stands in one."""
WORDS = {"key", "keys", "pwd", "pass", "auth", "pin", "otp", "cookie", "cookies"}
"""What is one as a word alone: a monkey is no key."""
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def looks_secret(name: str) -> bool:
    """Whether something of that name should not be read by whoever passes by: `db_password`, `apiKey`, `Authorization`."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return any(part in plain for part in PARTS) or any(word.lower() in WORDS for word in WORD.findall(name))


def masked(value: Any, name: str = "", deepest: int = DEEPEST) -> Any:
    """The value of that name as it may be shown, whatever JSON can hold."""
    if name and looks_secret(name) and value is not None:
        return MASK
    if isinstance(value, dict | list | tuple) and not deepest:
        return TOO_DEEP
    if isinstance(value, dict):
        return {key: masked(each, str(key), deepest - 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked(each, "", deepest - 1) for each in value]
    return value


def masked_call(args: Sequence[Any], kwargs: Mapping[str, Any], parameters: Sequence[str]) -> dict[str, Any]:
    """`{"args": […], "kwargs": {…}}` of a call as it may be shown; `parameters` are the names of what it calls, none where they aren't known."""
    return {"args": [masked(value, name) for value, name in zip(args, chain(parameters, repeat("")), strict=False)], "kwargs": masked(dict(kwargs))}
