"""What goes between the tests and a solution apart arrives as what it was, and as nothing else."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.pytests.apart import Connection, GivenAway, Handle
from checker.pytests.wire import Ended, decode, encode, receive, send

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.complex_numbers(allow_nan=False)
HASHABLE = st.recursive(LEAVES, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=4)
VALUES = st.recursive(
    HASHABLE | st.sets(HASHABLE, max_size=3) | st.builds(bytearray, st.binary()),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(HASHABLE, inner, max_size=3),
    max_leaves=8,
)


def never(value: object) -> list[object]:
    raise TypeError(value)


@settings(max_examples=25, deadline=None)
@given(VALUES)
def test_plain_values_arrive_as_they_are(value: object) -> None:
    here, there = socket.socketpair()
    with here, there:
        send(here, {"value": encode(value, never)})

        arrived = decode(receive(there)["value"], never)

    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.parametrize("data", [b"", b"\0" * 7, (4).to_bytes(8, "big") + b"true", (1 << 60).to_bytes(8, "big"), (2).to_bytes(8, "big") + b"{x", b"\xff" * 64])
def test_what_is_no_message_ends_the_connection(data: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(data)
        here.close()

        with pytest.raises(Ended):
            receive(there)


class Own(int):
    """No plain number."""


@pytest.mark.parametrize("value", [object(), Own(1), socket, Own, [Own(1)]])
def test_nothing_of_the_tests_own_goes_over(value: object) -> None:
    here, there = socket.socketpair()
    with here, there, pytest.raises(GivenAway):
        encode(value, Connection(here).refer)


def test_a_handle_equals_no_plain_value_whatever_its_object_says() -> None:
    here, there = socket.socketpair()
    with here, there:
        handle = Handle(Connection(here), 1, "Any")

        plain: list[object] = [1, "1", None, []]
        assert [handle == value for value in plain] == [False] * 4
        assert handle == handle


def test_exceptions_of_the_solution_are_exceptions_of_pythons_own_kinds() -> None:
    here, there = socket.socketpair()
    with here, there:
        connection = Connection(here)
        own = connection.exception_class("solution", "TooMuch", ["ValueError", "Exception", "BaseException", "object"])
        skip = connection.exception_class("_pytest.outcomes", "Skipped", ["BaseException", "object"])

        assert connection.exception_class("builtins", "KeyError", ["KeyError", "LookupError"]) is KeyError
        assert (own.__name__, own.__bases__) == ("TooMuch", (ValueError,))
        assert connection.exception_class("solution", "TooMuch", ["ValueError"]) is own
        assert skip.__bases__ == (Exception,)
