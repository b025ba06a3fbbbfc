"""What providers say of themselves (OpenID Connect Discovery 1.0), and how patient the site is with them.

A thread that waits for a provider answers nobody else, and everybody may press the button. So a provider's metadata are kept for five minutes, one that
failed is not asked again for half a minute, and no more than two threads of a process wait for one provider.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, cast

import requests
from authlib.common.errors import AuthlibBaseError
from flask import Flask, current_app
from joserfc.errors import JoseError

from project.extensions import settings_of
from project.providers import Provider, can_be_trusted

SECONDS = 5
"""How long a provider may take to connect, and between two parts of an answer."""
KEPT_SECONDS = 300
FAILED_SECONDS = 30
MOST_WAITING = 2
TURN_SECONDS = 1
"""How long somebody who comes back waits for one of the two: a lecture hall comes back at once, and their codes are good once."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
CLIENT_AUTHENTICATION = "token_endpoint_auth_methods_supported"

Metadata = dict[str, Any]


class ProviderError(Exception):
    """A provider does not answer, or not as it must; the message says so to whoever runs the site, and holds no secret."""


class Acquaintance:
    """What a process knows of a provider, and who waits for it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._turns = BoundedSemaphore(MOST_WAITING)
        self._metadata: Metadata | None = None
        self._kept_until = 0.0
        self._fault = ""
        self._failed_until = 0.0

    def metadata(self) -> Metadata:
        """What the provider says of itself; older than five minutes only while others ask for it anew. Raises ProviderError."""
        self._refuse_if_failed()
        if self._metadata and monotonic() < self._kept_until:
            return self._metadata
        if not self._turns.acquire(blocking=False):
            if self._metadata:
                return self._metadata
            raise ProviderError(f"{MOST_WAITING} others wait for it already")
        try:
            with plainly():
                self._metadata = _ask(self._provider)
        except ProviderError as fault:
            self._fail(fault)
            raise
        finally:
            self._turns.release()
        self._kept_until = monotonic() + KEPT_SECONDS
        return self._metadata

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask the provider something else in the block, once it is one's turn. Raises ProviderError."""
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise ProviderError(f"{MOST_WAITING} others wait for it already")
        try:
            self._refuse_if_failed()
            with plainly():
                yield
        except ProviderError as fault:
            # Anything else, such as a code that is refused, may be the fault of whoever came back.
            if isinstance(fault.__cause__, requests.ConnectionError | requests.Timeout):
                self._fail(fault)
            raise
        finally:
            self._turns.release()

    def _refuse_if_failed(self) -> None:
        if monotonic() < self._failed_until:
            raise ProviderError(f"a moment ago: {self._fault}")

    def _fail(self, fault: ProviderError) -> None:
        self._fault, self._failed_until = str(fault), monotonic() + FAILED_SECONDS


@contextmanager
def plainly() -> Iterator[None]:
    """Make a ProviderError of whatever is raised in the block when a provider does not answer, or makes no sense."""
    try:
        yield
    except (requests.RequestException, AuthlibBaseError, JoseError) as fault:
        raise ProviderError(str(fault)) from fault
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        # What Authlib and joserfc raise for a garbled answer depends on where it is garbled.
        raise ProviderError(f"its answer makes no sense: {fault!r}") from fault


def _ask(provider: Provider) -> Metadata:
    """What the provider answers now, if it can be right."""
    response = requests.get(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration", timeout=SECONDS, allow_redirects=False)
    response.raise_for_status()
    metadata = response.json()
    if not isinstance(metadata, dict):
        raise ProviderError("its metadata is no JSON object")
    if metadata.get("issuer") != provider.issuer:
        raise ProviderError(f"it says that its issuer is {metadata.get('issuer')!r}, and the settings say {provider.issuer!r}")
    for name in ENDPOINTS:
        if not isinstance(metadata.get(name), str) or not can_be_trusted(metadata[name]):
            raise ProviderError(f"{name} in its metadata is no https:// address")
    if not isinstance(metadata.get(CLIENT_AUTHENTICATION, []), list):
        raise ProviderError(f"{CLIENT_AUTHENTICATION} in its metadata is no list")
    return metadata


def acquaintance_with(provider: Provider) -> Acquaintance:
    """What the current app knows of one of its providers."""
    return cast(dict[str, Acquaintance], current_app.extensions["callboard_providers"])[provider.key]


def register(app: Flask) -> None:
    """Let the app get to know its providers, once somebody asks for them."""
    app.extensions["callboard_providers"] = {provider.key: Acquaintance(provider) for provider in settings_of(app).providers}
