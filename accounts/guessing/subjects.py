"""Who is counted when somebody tries to prove who they are."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from accounts.guessing.delays import ADDRESS, NEWCOMERS, PERSON, Patience

IPV6_PREFIX = 64
"""Bits of an IPv6 address that one household or one room has; it may use any of the addresses behind them."""


@dataclass(frozen=True)
class Subject:
    """Somebody or something whose tries are counted together."""

    name: str
    patience: Patience


def of_name(username: str) -> Subject:
    """A login under that name from a device that the account does not know. Whether there is such a user makes no difference."""
    return Subject(f"name:{username.lower()}", PERSON)


def of_address(address: str | None) -> Subject:
    """Whoever asks from that address."""
    return Subject(f"address:{network_of(address)}", ADDRESS)


def of_newcomers(address: str | None) -> Subject:
    """Whoever registers from that address."""
    return Subject(f"newcomers:{network_of(address)}", NEWCOMERS)


def of_user(user_id: int) -> str:
    """What the names of all subjects that belong to a user begin with."""
    return f"user:{user_id}:"


def of_devices(user_id: int) -> str:
    """What the names of the devices begin with that the account knows."""
    return f"{of_user(user_id)}device:"


def of_device(user_id: int, device_hash: str) -> Subject:
    """A login from a device that the account knows: what others do under the same name or address does not count (OWASP, "Device Cookies")."""
    return Subject(f"{of_devices(user_id)}{device_hash}", PERSON)


def of_code(user_id: int, device_hash: str | None) -> Subject:
    """The code of a login whose first proof was right; apart from others' tries on a device that the account knows."""
    return Subject(f"{of_user(user_id)}code:{device_hash or ''}", PERSON)


def of_session_code(user_id: int, session_id: int) -> Subject:
    """A code that is typed in a session: whoever holds another session, or the password, can't make this one wait."""
    return Subject(f"{of_user(user_id)}session:{session_id}:code", PERSON)


def of_session_password(user_id: int, session_id: int) -> Subject:
    """The current password, typed in a session. Apart from codes, or a right password would set back the count of wrong codes."""
    return Subject(f"{of_user(user_id)}session:{session_id}:password", PERSON)


def network_of(address: str | None) -> str:
    """An address as it is counted: IPv4 as it is, IPv6 by its network; "unknown" for what is none, a socket's say."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))
