"""Static files: an address names the content, which is kept for a year then, and comes compressed; a page and all it needs is small."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from project.assets import hash_of
from tests.app_fixtures import log_in
from tests.factories import make_result, make_superuser, make_task, make_user

FOR_A_YEAR = "public, max-age=31536000, immutable"
MOST_BYTES = 150_000
PACKED = {"Accept-Encoding": "gzip, br"}


def address_of(app: Flask, filename: str) -> str:
    """Where pages find a file."""
    with app.test_request_context():
        return url_for("static", filename=filename)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def test_a_file_at_the_address_of_its_content_is_kept_for_a_year(app: Flask, client: FlaskClient) -> None:
    with client.get(address_of(app, "callboard.css")) as response:
        assert response.headers["Cache-Control"] == FOR_A_YEAR


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
def test_a_file_at_any_other_address_is_not(client: FlaskClient, query: str) -> None:
    with client.get(f"/static/callboard.css{query}") as response:
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-cache"


def test_another_content_has_another_address(tmp_path: Path) -> None:
    file = tmp_path / "some.css"
    file.write_text("p {}")
    before = hash_of(file)
    file.write_text("p { }")

    assert hash_of(file) != before


def test_a_page_that_names_a_file_that_is_not_there_is_a_mistake_one_sees(app: Flask) -> None:
    with pytest.raises(FileNotFoundError):
        address_of(app, "nowhere.css")


@pytest.mark.parametrize("filename", ["callboard.css", "times.js", "vendor/chartjs-4.6.1/chart.umd.min.js"])
def test_a_file_comes_compressed_to_whoever_takes_it_so(app: Flask, client: FlaskClient, filename: str) -> None:
    address = address_of(app, filename)
    with client.get(address) as plain, client.get(address, headers=PACKED) as packed:
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data)
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_a_page_comes_compressed_in_a_length_that_varies(client: FlaskClient) -> None:
    sizes = set()
    for _ in range(20):
        answer = client.get("/accounts/login", headers=PACKED)
        assert "<h1>Log in</h1>" in gzip.decompress(answer.data).decode()
        assert answer.headers["Content-Length"] == str(len(answer.data))
        sizes.add(len(answer.data))

    assert len(sizes) > 5


def test_what_is_downloaded_row_by_row_is_not_held_back_to_be_compressed(full: FlaskClient) -> None:
    with full.get("/tasks/export/csv/", headers=PACKED) as response:
        assert "Content-Encoding" not in response.headers


def test_nothing_is_compressed_for_whoever_does_not_take_it_so(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/accounts/login").headers


def test_a_browser_that_has_the_file_is_told_so(app: Flask, client: FlaskClient) -> None:
    with client.get("/static/callboard.css", headers={"Accept-Encoding": "gzip"}) as first:
        tag = first.headers["ETag"]

    with client.get("/static/callboard.css", headers={"Accept-Encoding": "gzip", "If-None-Match": tag}) as second:
        assert second.status_code == 304
        assert second.data == b""


@pytest.fixture
def full(app: Flask, client: FlaskClient) -> FlaskClient:
    """The browser of a superuser of a site whose lists are full."""
    with app.app_context():
        chief = make_superuser()
        for number in range(60):
            task = make_task(make_user(f"an-author-with-a-long-name-{number}"), title=f"A Task with a title of some length, number {number}")
        for _ in range(110):
            make_result(task)
    return log_in(client, chief.id)


@pytest.mark.parametrize(
    "url", ["/", "/tasks/", "/tasks/details/?id=60", "/results/", "/reviews/", "/workers/schedule/", "/users/", "/audit/", "/accounts/sessions"]
)
def test_a_page_with_all_it_needs_is_small(full: FlaskClient, url: str) -> None:
    page = full.get(url, headers=PACKED)
    assert page.status_code == 200
    sizes = {url: len(page.data)}

    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', gzip.decompress(page.data).decode())):
        with full.get(address, headers=PACKED) as response:
            assert response.headers["Cache-Control"] == FOR_A_YEAR
            sizes[address] = len(response.data)

    assert sum(sizes.values()) < MOST_BYTES, sizes
