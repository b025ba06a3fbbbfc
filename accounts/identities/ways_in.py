"""Which identities a user may unlink: never the only way in."""

from collections.abc import Collection


def unlink_fault(issuer: str, others: Collection[str], *, configured: Collection[str], has_password: bool) -> str | None:
    """Why a user may not unlink an identity of `issuer`, or None; `others` are the issuers of the user's other identities.

    One by a provider that the site does not know any more is no way in.
    """
    if has_password or issuer not in configured or any(other in configured for other in others):
        return None
    return "This is your only way in. Set a password first."
