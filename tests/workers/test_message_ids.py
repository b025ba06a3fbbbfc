"""A tick has one message for a key, whose id is the same whenever it is published again."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from workers.ticks import message_id

TICKS = st.integers(1, 2**60 - 1)
KEYS = st.integers(1, 2**62 - 1)


def test_an_id_shows_the_tick_and_the_key() -> None:
    assert message_id(0x4D, 0xF1E2A) == "00000000-0000-804d-8000-0000000f1e2a"


@given(TICKS, KEYS)
def test_an_id_is_a_uuid_of_version_8(tick_id: int, key: int) -> None:
    found = UUID(message_id(tick_id, key))

    assert (str(found), found.version, found.variant) == (message_id(tick_id, key), 8, "specified in RFC 4122")


@given(TICKS, KEYS, TICKS, KEYS)
def test_two_messages_have_two_ids(tick_id: int, key: int, other_tick_id: int, other_key: int) -> None:
    assert (message_id(tick_id, key) == message_id(other_tick_id, other_key)) == ((tick_id, key) == (other_tick_id, other_key))
