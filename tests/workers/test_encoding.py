"""Messages are read as Dramatiq reads them, whatever they hold."""

import json
from math import inf, nan

import pytest
from dramatiq import JSONEncoder, Message, get_encoder
from dramatiq.errors import DecodeError
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from workers.encoding import Encoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_was_written_is_read_as_dramatiq_reads_it(fields: dict[str, object]) -> None:
    written = Encoder().encode(fields)

    # By their text, for NaN is equal to nothing, and 1 to 1.0.
    assert repr(Encoder().decode(written)) == repr(JSONEncoder().decode(written))


@pytest.mark.parametrize("value", [nan, inf, -inf, 2**63, 2**64, -(2**70), 1e308, 5e-324, -0.0, "\ud800", "\U0001f600", "\x00"], ids=ascii)
def test_what_json_has_no_word_or_no_room_for_comes_back_as_it_was(value: object) -> None:
    assert repr(Encoder().decode(Encoder().encode({"args": [value]}))) == repr({"args": [value]})


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b'{"args": [1}', b"{'args': []}", b"[" * 10**5], ids=["none", "a part", "no UTF-8", "crossed", "Python", "deep"]
)
def test_what_is_no_json_is_no_message(app: Flask, data: bytes) -> None:
    with pytest.raises(DecodeError):
        Message.decode(data)


def test_an_app_reads_its_messages_so(new_app: Flask) -> None:
    assert isinstance(get_encoder(), Encoder)


def test_what_other_clients_write_is_read() -> None:
    assert Encoder().decode(json.dumps({"args": ["é"]}, ensure_ascii=False, indent=2).encode()) == {"args": ["é"]}
