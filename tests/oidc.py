"""An OpenID Connect provider in a process of its own: oidc-provider-mock, whose form lets anybody in under the subject that is typed."""

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from project.providers import Provider
from tests.place import Place, end_on_sigterm, end_process, free_port, pause_process
from tests.waiting import wait_until

PROGRAM = Path(sys.executable).parent / "oidc-provider-mock"
SECONDS = 10


class OidcServer:
    """A provider, as a context manager. It knows only clients that were registered, and insists on a nonce; PKCE is nothing to it."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        end_on_sigterm()
        self._place = Place("oidc")
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self._place.remove()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = self._place.start(str(PROGRAM), "--host", "127.0.0.1", "--port", str(self.port), "--require-registration", "--require-nonce")
        wait_until(self._is_ready)

    def stop(self) -> None:
        """End it; it forgets whom it knew."""
        if self._process is not None:
            end_process(self._process, signal.SIGKILL)
            self._process = None

    def pause(self) -> None:
        """Freeze it: it takes connections and says nothing."""
        assert self._process is not None
        pause_process(self._process)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def register(self, *sites: str, key: str = "oidc", name: str = "Campus") -> Provider:
        """Make sites, by their addresses without a path, known to it, as one client; it is the provider `key` of theirs."""
        back = [f"{site}/accounts/identities/{key}/callback" for site in sites]
        answer = requests.post(f"{self.url}/oauth2/clients", json={"redirect_uris": back}, timeout=SECONDS)
        answer.raise_for_status()
        client = answer.json()
        return Provider(key=key, name=name, issuer=self.url, client_id=client["client_id"], client_secret=client["client_secret"])

    def call(self, subject: str, **claims: object) -> None:
        """Let it say so about a subject, such as preferred_username."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=SECONDS).raise_for_status()

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the provider ended while starting:\n{self._place.log.read_text()}"
        try:
            return requests.get(f"{self.url}/.well-known/openid-configuration", timeout=SECONDS).ok
        except requests.ConnectionError:
            return False


def consent(address: str, subject: str) -> str:
    """Type the subject into the form that a browser was sent to; where it is sent back to."""
    page = requests.get(address, timeout=SECONDS)
    assert "<form" in page.text, page.text
    answer = requests.post(address, data={"sub": subject}, timeout=SECONDS, allow_redirects=False)
    assert answer.is_redirect, answer.text
    return answer.headers["Location"]
