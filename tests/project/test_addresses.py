"""Where a request comes from: an address, or nothing, whatever a proxy says."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from project.addresses import client_address

LONGEST = 45
"""What the columns for addresses hold."""


def address_of(peer: str | None) -> str | None:
    """What is taken down of a request from that peer."""
    with Flask(__name__).test_request_context(environ_base={"REMOTE_ADDR": peer}):
        return client_address()


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("203.0.113.9:", None),
        ("203.0.113.9:http", None),
        ("[2001:db8::1", None),
        ("[]:80", None),
        (None, None),
        ("", None),
        ("unix:", None),
        ("192.0.2.7, 192.0.2.8", None),
        ("x" * 1000, None),
    ],
)
def test_an_address_is_taken_down_and_nothing_else(peer: str | None, address: str | None) -> None:
    assert address_of(peer) == address


@given(st.one_of(st.text(), st.ip_addresses().map(str), st.text().map(lambda zone: f"fe80::1%{zone}")))
def test_what_is_taken_down_fits_its_column(peer: str) -> None:
    assert len(address_of(peer) or "") <= LONGEST
