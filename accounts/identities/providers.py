"""What is asked of a provider: where to send a browser, and who it is that came back.

Its keys are fetched each time: one that the provider changed would be unknown otherwise. Of all that it answers only its metadata are kept, for a while.
"""

from dataclasses import dataclass

from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App

from accounts.identities import discovery
from accounts.identities.discovery import Metadata, ProviderError, acquaintance_with, plainly
from accounts.identities.models import LONGEST
from project.providers import Provider

LEEWAY_SECONDS = 60
"""How far a provider's clock may be off."""
SCOPE = "openid profile"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""How an ID token may be signed: with a key that the provider alone has, so neither `none` nor HS256 is here."""


@dataclass(frozen=True)
class Departure:
    """Where a browser is sent, and what has to fit when it comes back."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True)
class Voucher:
    """Whom a provider vouches for."""

    issuer: str
    subject: str
    name: str
    """What the provider calls the user; the subject where it says no name."""
    preferred_username: str
    """What the user would like to be called; empty where the provider doesn't say."""


def depart(provider: Provider, redirect_uri: str) -> Departure:
    """Where to send a browser that is to come back to `redirect_uri`. Raises ProviderError."""
    metadata = acquaintance_with(provider).metadata()
    with plainly():
        return Departure(**_client(provider, metadata).create_authorization_url(redirect_uri))


def arrive(provider: Provider, code: str, *, redirect_uri: str, nonce: str, code_verifier: str) -> Voucher:
    """Whom the provider vouches for with the code that a browser came back with. Raises ProviderError.

    The checks of the ID token are those of OpenID Connect Core 1.0, section 3.1.3.7; Authlib alone would not insist on the audience.
    """
    must_be = {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}}
    acquaintance = acquaintance_with(provider)
    metadata = acquaintance.metadata()
    with acquaintance.asking():
        client = _client(provider, metadata)
        token = client.fetch_access_token(redirect_uri, code=code, code_verifier=code_verifier)  # type: ignore[no-untyped-call]  # its stub has no types
        claims = client.parse_id_token(token, nonce, claims_options=must_be, leeway=LEEWAY_SECONDS)
    if claims is None:
        raise ProviderError("its answer has no ID token; are its scopes for this site without openid?")
    subject = claims["sub"]
    if not (isinstance(subject, str) and subject.isascii() and subject.isprintable() and 0 < len(subject) <= LONGEST):
        raise ProviderError(f"the subject of its ID token is not a text of 1 to {LONGEST} ASCII characters")
    preferred, nickname, name = (_text(claims.get(claim)) for claim in ("preferred_username", "nickname", "name"))
    return Voucher(provider.issuer, subject, preferred or nickname or name or subject, preferred)


def _text(claim: object) -> str:
    """A claim that people read, at most as long as is kept; empty if it is no text of one line."""
    return claim[:LONGEST] if isinstance(claim, str) and claim.isprintable() else ""


def _client(provider: Provider, metadata: Metadata) -> FlaskOAuth2App:
    """Authlib's client. It is given of the metadata what it needs, else anything in there would be taken for an option of its own."""
    return FlaskOAuth2App(
        FlaskIntegration(provider.key),
        provider.key,
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        authorize_url=metadata["authorization_endpoint"],
        access_token_url=metadata["token_endpoint"],
        jwks_uri=metadata["jwks_uri"],
        id_token_signing_alg_values_supported=SIGNATURES,
        client_kwargs={
            "scope": SCOPE,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": _client_authentication(metadata),
            "default_timeout": discovery.SECONDS,
            "max_redirects": 0,
        },
    )


def _client_authentication(metadata: Metadata) -> str:
    """How to show the client's secret; the default is Discovery's."""
    known = metadata.get(discovery.CLIENT_AUTHENTICATION, ["client_secret_basic"])
    return "client_secret_post" if "client_secret_post" in known and "client_secret_basic" not in known else "client_secret_basic"
