"""What looks like a secret by its name is masked, wherever it stands; all else is shown as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.masking import DEEPEST, MASK, TOO_DEEP, looks_secret, masked, masked_call, masked_text, secrets_of

SECRET_NAMES = [
    *("password", "db_password", "PASSWORD", "passwd", "userPassword", "passphrase", "pin", "auth", "Authorization", "HTTP_AUTHORIZATION", "cookie"),
    *("token", "access_token", "accessToken", "reset-tokens", "client_secret", "key", "api_key", "apiKey", "API_KEY", "apikey", "credentials"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["password", "title", "x"]), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_of_a_secret_looks_like_one(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["", "task_id", "tick_id", "title", "monkey", "keyboard", "author", "compass", "spinning", "user", "42"])
def test_other_names_do_not(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("args", "kwargs", "parameters", "shown"),
    [
        ((1, "hush"), {}, ("user_id", "password"), {"args": [1, MASK], "kwargs": {}}),
        ((1, "hush"), {}, (), {"args": [1, "hush"], "kwargs": {}}),
        ((1,), {"token": "hush", "tick_id": 7}, ("user_id",), {"args": [1], "kwargs": {"token": MASK, "tick_id": 7}}),
        (([{"headers": {"Authorization": "hush"}}],), {}, ("requests",), {"args": [[{"headers": {"Authorization": MASK}}]], "kwargs": {}}),
        (({"a": 1},), {}, ("secrets",), {"args": [MASK], "kwargs": {}}),
        ((None,), {}, ("password",), {"args": [None], "kwargs": {}}),
    ],
    ids=["by position", "position without a name", "by keyword", "deep inside", "whole dict", "nothing"],
)
def test_arguments_of_a_call_are_masked_by_their_names(args: tuple[Any, ...], kwargs: dict[str, Any], parameters: tuple[str, ...], shown: Any) -> None:
    assert masked_call(args, kwargs, parameters) == shown


def unmasked(value: Any) -> Any:
    """The value without what is masked in it."""
    if isinstance(value, dict):
        return {key: unmasked(each) for key, each in value.items() if key != "password"}
    return [unmasked(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
def test_nothing_but_secrets_changes(value: Any) -> None:
    assert unmasked(masked(value)) == unmasked(value)


def test_what_is_nested_too_deep_is_left_out() -> None:
    deep: list[Any] = []
    for _ in range(2 * DEEPEST):
        deep = [deep]

    assert TOO_DEEP in str(masked(deep))


# `hush` is what must not be read.
TEXTS = [
    "password=hush",
    "ValueError: db.password = hush, and more",
    "token: hush",
    "--password=hush",
    "wrong password 'hush'",
    "see https://campus.example/login?user=ada&token=hush#top",
    "can't connect to postgresql://ada:hu@hush@db:5432/callboard",
    "fatal: https://hush@git.example/course.git",
    '{"user": "ada", "password": "hu\\"hush"}',
    r'"{\"password\": \"hush\"}"',
    "{'api_key': b'hush', 'title': 'x'}",
    "log_in(user='ada', password='hush')",
    "password='hush that goes on where it was cut",
    "DETAIL:  Key (token_hash)=(hush) already exists.",
    "Authorization: Bearer hush",
    "{'Authorization': 'Basic hush'}",
    "GET / sent with Bearer hush.hush-1",
    "Cookie: theme=dark; session=hush",
    "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----",
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_says_of_a_secret_is_masked(text: str) -> None:
    shown = masked_text(text)

    assert "hush" not in shown
    assert MASK in shown
    assert masked_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'title'",
        "jwt.exceptions.InvalidTokenError: expired",
        "TypeError: log_in() missing 1 required positional argument: 'password'",
        'duplicate key value violates unique constraint "uq_ticks_schedule_slot"',
        'File "/srv/accounts/tokens/bearer.py", line 7, in read\n    raise ValueError',
        "the password is too short",
        "password=None",
        "if key == 3: raise",
        'raise ValueError(f"token={token}")',
        "author: ada, monkey=7, https://campus.example/a@b",
        "unknown key 'title'",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert masked_text(text) == text


def test_a_secret_argument_is_found_in_a_text_wherever_it_stands() -> None:
    secrets = secrets_of((7, "first'one"), {"headers": {"Cookie": ["second one"]}, "pin": "123"}, ("user_id", "password"))

    assert masked_text("7 first'one \"first'one\" second one, 1234", secrets) == f'7 {MASK} "{MASK}" {MASK}, 1234'
