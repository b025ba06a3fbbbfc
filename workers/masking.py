"""What looks like a secret is not shown: an argument or a key of that name has dots for its value, and so has what a text says of one. Pure functions."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
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
SHORTEST = 4
"""Characters of a secret that is looked for in a text: one of fewer would be found everywhere."""


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
    return {"args": [masked(value, name) for name, value in _named(args, parameters)], "kwargs": masked(dict(kwargs))}


def secrets_of(args: Sequence[Any], kwargs: Mapping[str, Any], parameters: Sequence[str]) -> set[str]:
    """The texts among the arguments of a call that are not shown."""
    return {text for name, value in (*_named(args, parameters), *kwargs.items()) for text in _secrets(value, str(name), DEEPEST)}


def _named(args: Sequence[Any], parameters: Sequence[str]) -> Iterator[tuple[str, Any]]:
    return zip(chain(parameters, repeat("")), args, strict=False)


def _secrets(value: Any, name: str, deepest: int, *, secret: bool = False) -> Iterator[str]:
    secret = secret or looks_secret(name)
    if isinstance(value, str):
        if secret and len(value) >= SHORTEST:
            yield value
    elif isinstance(value, dict) and deepest:
        for key, each in value.items():
            yield from _secrets(each, str(key), deepest - 1, secret=secret)
    elif isinstance(value, list | tuple) and deepest:
        for each in value:
            yield from _secrets(each, "", deepest - 1, secret=secret)


# A text, of an error say

IN_URL = re.compile(r"(?<=://)[^\s/?#'\"<>]*@")
BEARER = re.compile(r"(?i)\b(bearer|basic)(?P<gap>\s+)(?=\S*[\d=._~+/-]|\S{16})[\w.~+/=-]+")
PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
LABEL = re.compile(r"(?<![\w.-])([\w.-]+)(?:(?:\\*[\"'`]|\))?[ \t]*(?:=>|=(?!=)|:(?!//))[ \t]*\(?|(?P<gap>[ \t]+)(?=[\"'`]))")
"""What stands before a value: `password=`, `"token": `, `Key (token_hash)=(`, `the password ` before a quote; whether the name is a secret's is to be seen."""
VALUE = re.compile(
    r"(?P<open>[bruBRU]{0,2}(?P<quote>\\+[\"']|[\"'`]))(?:(?!(?P=quote))(?:\\.|[^\\]))*(?:(?P=quote)|\\?$)"
    r"|(?P<bare>[^\s\"'`,;&(){}<>\[\]\\]+)",
    re.DOTALL,
)
HEADER = re.compile(r"(?im)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)([ \t]*:[ \t]*)(?!['\"])[^\s].*$")
NOTHING = {"none", "null", "true", "false", MASK}
FAULTS = ("Error", "Exception", "Warning")
"""How names end that stand before what an error says."""


def masked_text(text: str, secrets: Collection[str] = ()) -> str:
    """A text with dots for whatever looks like a secret in it, and for those secrets; masking it again changes nothing."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK).replace(repr(secret)[1:-1], MASK)
    text = PRIVATE_KEY.sub(rf"\1{MASK}\2", text)
    text = IN_URL.sub(f"{MASK}@", text)
    text = HEADER.sub(rf"\1\2{MASK}", text)
    text = BEARER.sub(rf"\1\g<gap>{MASK}", text)
    return "".join(_without_values(text))


def _without_values(text: str) -> Iterator[str]:
    done = 0
    for label in LABEL.finditer(text):
        if label.start() < done or not _names_secret(label):
            continue
        value = VALUE.match(text, label.end())
        if value and (value["bare"] or "").lower() not in NOTHING:
            yield f"{text[done : value.start()]}{value['open'] or ''}{MASK}{value['quote'] or ''}"
            done = value.end()
    yield text[done:]


def _names_secret(label: re.Match[str]) -> bool:
    name = label[1].rpartition(".")[2]
    # An unknown key 'title' is none.
    return not name.endswith(FAULTS) and looks_secret(name) and not (label["gap"] and name.lower() in WORDS)
