"""What features do when a provider has just vouched for a user, in the transaction that notes it."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from accounts.identities.providers import Voucher
from accounts.models import User
from project.providers import Provider

Heed = Callable[[User, Provider, Voucher], None]
"""Takes notice of a verified sign-in; the caller commits."""


def heeds_of(app: Flask) -> list[Heed]:
    """Who takes notice; features add theirs."""
    return cast(list[Heed], app.extensions.setdefault("callboard_heeds", []))


def vouched(user: User, provider: Provider, voucher: Voucher) -> None:
    """Tell them all that the provider has just vouched for the user."""
    for heed in heeds_of(current_app):
        heed(user, provider, voucher)
