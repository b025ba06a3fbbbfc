"""What looks like a secret by its name is masked, wherever it stands; all else is shown as it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.masking import DEEPEST, MASK, TOO_DEEP, looks_secret, masked, masked_call

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
