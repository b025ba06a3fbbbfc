"""A site in a process of its own, a provider in another, and a browser that follows every redirect between them."""

import re
from pathlib import Path

import requests

from tests.accounts.identities.steps import way_out
from tests.oidc import SECONDS, OidcServer
from tests.site import Site


def press(browser: requests.Session, page: requests.Response, action: str, **typed: str) -> requests.Response:
    """Send the page's form with that action, with its token, and follow where that leads."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, page.text
    return browser.post(action, data={"csrf_token": token[1], **typed}, timeout=SECONDS)


def test_a_newcomer_signs_in_elsewhere_and_comes_back(sqlite_url: str, tmp_path: Path, oidc: OidcServer) -> None:
    site = Site(tmp_path, DATABASE_URL=sqlite_url)
    provider = oidc.register(site.url)
    site.set(OIDC_ISSUER=provider.issuer, OIDC_CLIENT_ID=provider.client_id, OIDC_CLIENT_SECRET=provider.client_secret)
    with site.serving():
        browser = requests.Session()
        leaving = press(browser, browser.get(f"{site.url}/accounts/login", timeout=SECONDS), f"{site.url}/accounts/identities/oidc/begin")
        there = browser.get(way_out(leaving.text), timeout=SECONDS)
        assert there.url.startswith(oidc.url)

        choosing = browser.post(there.url, data={"sub": "ada"}, timeout=SECONDS)
        here = press(browser, choosing, choosing.url, username="ada")

        assert here.url == f"{site.url}/"
        assert "Hello, ada" in here.text
