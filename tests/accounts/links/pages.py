"""Links as those get them who make them."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD

LINK = re.compile(r'class="one-time-link">http://localhost([^<]+)<')
NEW = "an entirely new password"


def link_on(response: TestResponse) -> str:
    """The path of the one link that the page shows."""
    assert response.status_code == 200, response.status
    (path,) = LINK.findall(response.text)
    return str(path)


def password_link(boss: FlaskClient, user_id: int) -> str:
    """Have a superuser make a link with which the user sets a password; its path."""
    return link_on(boss.post("/users/password-link", data={"id": user_id, "current": PASSWORD}))


def invite(boss: FlaskClient, note: str = "For Ada") -> str:
    """Have a superuser make an invite; the path of its link."""
    return link_on(boss.post("/invites/", data={"note": note}))


def send_password(browser: FlaskClient, link: str, password: str = NEW, **also: str) -> TestResponse:
    """Send the form behind a link."""
    return browser.post(link, data={"password": password, "repeat": password, **also})
