"""An OpenID Connect provider of our own, on a real port: honest and strict until it is told to lie."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from project.providers import Provider

KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "ours", "use": "sig"})
SECRET = "the client's secret, with = and : in it"
CLIENT = "callboard"


def unpadded(content: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(header: object, claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token that no library would make."""
    signed = ".".join(unpadded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{unpadded(sign(signed.encode()))}"


def signed(claims: dict[str, Any]) -> str:
    """An honest token."""
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, KEY)


def signed_by_another(claims: dict[str, Any]) -> str:
    """One by another key, under the same name."""
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, OTHER_KEY)


def unsigned(claims: dict[str, Any]) -> str:
    """One that says it needs no signature."""
    return by_hand({"alg": "none"}, claims, lambda _: b"")


def signed_by_the_public_key(claims: dict[str, Any]) -> str:
    """One whose secret is what everybody knows."""
    return by_hand({"alg": "HS256", "kid": "ours"}, claims, lambda content: hmac.digest(KEY.as_pem(private=False), content, "sha256"))


def signed_by_the_client_secret(claims: dict[str, Any]) -> str:
    """One that whoever knows the client's secret could make."""
    return by_hand({"alg": "HS256"}, claims, lambda content: hmac.digest(SECRET.encode(), content, "sha256"))


@dataclass
class HandmadeProvider:
    """What it knows, what it was asked, and how it lies; None in `claims` or `metadata` leaves one out."""

    url: str
    subject: str = "ada-at-the-provider"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    make_token: Callable[[dict[str, Any]], Any] = signed
    refusal: str = ""
    """The error that it sends a browser back with, if any."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """What it answers whatever it is asked, by path."""
    silent: str = ""
    """The path that it takes questions at and never answers, if any."""
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    """The parameters that each path was asked with last."""

    @property
    def provider(self) -> Provider:
        """What an operator would set."""
        return Provider(key="oidc", name="Handmade", issuer=self.url, client_id=CLIENT, client_secret=SECRET)

    def answer(self, path: str, parameters: dict[str, str], authorization: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers."""
        self.asked[path] = parameters
        if path in self.answers:
            status, body = self.answers[path]
            return status, body, {"Location": f"{self.url}/elsewhere"}
        if path == "/authorize":
            outcome = {"error": self.refusal} if self.refusal else {"code": "the code"}
            return 302, b"", {"Location": f"{parameters['redirect_uri']}?{urlencode({**outcome, 'state': parameters['state']})}"}
        said: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self._metadata,
            "/jwks": self._keys,
            "/token": lambda: self._token(parameters, authorization),
        }
        found = said[path]()
        return 400 if "error" in found else 200, json.dumps(found).encode(), {"Content-Type": "application/json"}

    def _metadata(self) -> dict[str, Any]:
        honest = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
        }
        return without_none(honest | self.metadata)

    def _keys(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    def _token(self, parameters: dict[str, str], authorization: str) -> dict[str, Any]:
        asked = self.asked["/authorize"]
        in_header = authorization == f"Basic {base64.b64encode(f'{CLIENT}:{SECRET}'.encode()).decode()}"
        in_body = (parameters.get("client_id"), parameters.get("client_secret")) == (CLIENT, SECRET)
        challenge = unpadded(hashlib.sha256(parameters.get("code_verifier", "").encode()).digest())
        same = parameters.get("redirect_uri") == asked["redirect_uri"] and parameters.get("code") == "the code"
        methods = self.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not (in_header if "client_secret_basic" in methods else in_body):
            return {"error": "invalid_client"}
        if not same or (challenge, "S256") != (asked.get("code_challenge"), asked.get("code_challenge_method")):
            return {"error": "invalid_grant"}
        now = int(time.time())
        honest = {"iss": self.url, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked.get("nonce")}
        token = self.make_token(without_none(honest | self.claims))
        return without_none({"access_token": "a token", "token_type": "Bearer", "expires_in": 300, "id_token": token})


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """What is there."""
    return {name: value for name, value in values.items() if value is not None}


@contextmanager
def handmade_provider() -> Iterator[HandmadeProvider]:
    """One that listens for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:  # http.server's name
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _reply(self, query: str) -> None:
            if urlsplit(self.path).path == made.silent:
                over.wait()
                return
            parameters = {name: values[0] for name, values in parse_qs(query).items()}
            status, body, headers = made.answer(urlsplit(self.path).path, parameters, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    over = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = HandmadeProvider(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        over.set()
        server.shutdown()
        thread.join()
