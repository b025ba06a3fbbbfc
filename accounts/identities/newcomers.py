"""Accounts of those whom a provider vouches for and nobody here knows yet."""

from sqlalchemy.exc import IntegrityError

from accounts import queries, registration
from accounts.identities import queries as identities
from accounts.identities.providers import Voucher
from accounts.identities.vouching import vouched
from accounts.models import User
from accounts.usernames import username_fault
from project import audit
from project.extensions import db
from project.providers import Provider


def suggested_username(voucher: Voucher) -> str:
    """What the newcomer is called at the provider, if that can be a username here and is free; else nothing."""
    name = voucher.preferred_username
    return "" if username_fault(name) or queries.find_user(name) else name


def add_newcomer(username: str, voucher: Voucher, provider: Provider) -> User | None:
    """A user without a password who is linked to what was proved; None if the username or the identity was taken meanwhile; the caller commits.

    Raises InviteGoneError where registering takes an invite that is good.
    """
    try:
        user = queries.add_user(username, "")
    except IntegrityError:
        db.session.rollback()
        return None
    if not identities.link(user.id, issuer=voucher.issuer, subject=voucher.subject, name=voucher.name):
        db.session.rollback()
        return None
    registration.admit(user, how=provider.key)
    audit.record("identity.linked", ("user", user.id), by=user.id, issuer=voucher.issuer)
    vouched(user, provider, voucher)
    return user
