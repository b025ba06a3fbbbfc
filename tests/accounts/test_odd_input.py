"""Odd input: whatever somebody sends to a form or a list of accounts, the answer is an answer and no fault of the site."""

from urllib.parse import quote_from_bytes, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.accounts.pages import add_user, usernames
from tests.app_fixtures import log_in
from tests.factories import PASSWORD

ODD = [
    b"\0",
    b"ada\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # half of a surrogate pair, which UTF-8 does not have
    "ａｄａ".encode(),  # noqa: RUF001  # of full width, on purpose
    "İ".encode(),  # two characters in lower case
    b"%00",
    b"ada' OR 1=1 --",
    b"<script>alert(1)</script>",
    b"{{ 7 * 7 }}",
    b"\r\nSet-Cookie: a=b",
    b"x" * 100_000,
]

on_sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what never reaches a database."""


def post_raw(browser: FlaskClient, url: str, fields: dict[str, bytes]) -> TestResponse:
    """Send a form whose values are bytes of any kind."""
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items())
    return browser.post(url, data=body, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
def test_logging_in_with_an_odd_name_is_refused(client: FlaskClient, app: Flask, odd: bytes) -> None:
    add_user(app, "ada")

    response = post_raw(client, "/accounts/login", {"username": odd, "password": b"wrong password"})

    assert response.status_code == 401


@on_sqlite_alone
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
@pytest.mark.parametrize("field", ["password", "next", "remember"])
def test_logging_in_with_an_odd_field_is_refused(client: FlaskClient, app: Flask, field: str, odd: bytes) -> None:
    add_user(app, "ada")

    response = post_raw(client, "/accounts/login", {"username": b"ada", "password": b"wrong password"} | {field: odd})

    assert response.status_code == 401


@on_sqlite_alone
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
def test_going_on_to_an_odd_address_after_logging_in_stays_on_this_site(client: FlaskClient, app: Flask, odd: bytes) -> None:
    add_user(app, "ada")

    response = post_raw(client, "/accounts/login", {"username": b"ada", "password": PASSWORD.encode(), "next": b"/" + odd})

    assert response.status_code == 302
    assert response.location.startswith("/")
    assert "Set-Cookie" not in response.location


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
def test_registering_an_odd_name_is_refused(client: FlaskClient, app: Flask, odd: bytes) -> None:
    response = post_raw(client, "/accounts/register", {"username": odd, "password": b"a long password", "repeat": b"a long password"})

    assert response.status_code == 200
    assert usernames(app) == []


@on_sqlite_alone
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
@pytest.mark.parametrize("field", ["current", "password", "repeat"])
def test_an_odd_field_of_changing_the_password_is_refused(client: FlaskClient, app: Flask, field: str, odd: bytes) -> None:
    log_in(client, add_user(app, "ada"))

    response = post_raw(client, "/accounts/password", {"current": PASSWORD.encode(), "password": b"a new password", "repeat": b"a new password", field: odd})

    assert response.status_code == 200


@on_sqlite_alone
def test_what_was_typed_is_shown_as_it_was_typed_and_never_run(client: FlaskClient) -> None:
    page = post_raw(client, "/accounts/login", {"username": b"<script>alert(1)</script>{{ 7 * 7 }}", "password": b"x"}).text

    assert "<script>alert" not in page
    assert "49" not in page.partition('name="username"')[2].partition(">")[0]


@pytest.mark.parametrize(
    "query",
    [
        *({"search": odd} for odd in ("\0", "a\0b", "%", "'", "\\", "é" * 2000)),
        *({"page": page} for page in ("-1", "99999999999999999999", "x", "")),
        *({"sort": column} for column in ("-1", "99", "x", "2", "")),
        *({"page_size": size} for size in ("0", "-1", "100000", "x")),
        {"desc": "x"},
        {"no": "such filter"},
    ],
    ids=lambda query: urlencode(query)[:40],
)
def test_the_list_of_users_answers_whatever_it_is_asked(client: FlaskClient, app: Flask, query: dict[str, str]) -> None:
    log_in(client, add_user(app, "ada", is_superuser=True))

    response = client.get("/users/", query_string=query)

    assert response.status_code == 200


@pytest.mark.parametrize("page", ["details", "edit"])
@pytest.mark.parametrize("user_id", ["0", "-1", "7", "x", "", "1,1", "\0", "1.5", "99999999999999999999", "٣"])
def test_a_user_who_is_not_there_leads_back_to_the_list(client: FlaskClient, app: Flask, page: str, user_id: str) -> None:
    log_in(client, add_user(app, "ada", is_superuser=True))

    response = client.get(f"/users/{page}/", query_string={"id": user_id})

    assert response.status_code in (302, 404)


@pytest.mark.parametrize("kind", ["csv", "xls", "\0", "x" * 300])
def test_an_export_of_an_unknown_kind_is_no_fault(client: FlaskClient, app: Flask, kind: str) -> None:
    log_in(client, add_user(app, "ada", is_superuser=True))

    response = client.get(f"/users/export/{quote_from_bytes(kind.encode())}/")

    assert response.status_code in ((200,) if kind == "csv" else (302, 400, 404))
