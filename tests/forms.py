"""What a browser does with a form, at a site that runs somewhere."""

import re

import requests

from tests.waiting import PATIENCE


def send_form(browser: requests.Session, url: str, path: str, form_at: str, **typed: str) -> requests.Response:
    """Post a form to `path` of the site at `url`, with the token of the page it stands on. AssertionError for an answer that is no success."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(url + form_at, timeout=PATIENCE).text)
    assert token, f"no form at {form_at}"
    answer = browser.post(url + path, data={"csrf_token": token[1], **typed}, timeout=PATIENCE)
    assert answer.ok, answer.text
    return answer


def is_ready(url: str) -> bool:
    """Whether the site at `url` says that it is."""
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False
