"""Who vouches for users that sign in elsewhere."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who vouches for users that sign in elsewhere, by OpenID Connect; and what it knows this site by."""

    key: str
    """What addresses and the audit call it: `gitlab` or `oidc`."""
    name: str
    """What people call it."""
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


def can_be_trusted(url: str) -> bool:
    """Whether nobody between here and there can change what is answered: it is https, or does not leave the machine."""
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError:
        return False
    return (address.scheme == "https" and bool(address.hostname)) or (address.scheme == "http" and address.hostname in LOOPBACK)
