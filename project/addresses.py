"""Where a request comes from."""

import re
from ipaddress import ip_address

from flask import request

BEFORE_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")
"""An address as some proxies forward it, with the port behind it (RFC 7239, 6)."""


def client_address() -> str | None:
    """The IPv4 or IPv6 address that asks, as far as the trusted proxies tell; None for what is none, such as a socket's peer.

    With more proxies trusted than there are, this is whatever the client says, so it is checked like anything typed.
    """
    told = request.remote_addr or ""
    if with_port := BEFORE_PORT.fullmatch(told):
        told = with_port[1] or with_port[2] or ""
    try:
        address = ip_address(told.partition("%")[0])
    except ValueError:
        return None
    # A socket that takes both kinds calls an IPv4 address by an IPv6 name.
    return str(getattr(address, "ipv4_mapped", None) or address)
