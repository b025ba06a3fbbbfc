"""The reviewers' CSV: everybody, or everybody whom the search finds, in the page's order."""

import csv
import io

from flask.testing import FlaskClient

from tests.pages import link, read
from tests.reviews.conftest import MakeAuthors


def lines(client: FlaskClient, address: str) -> list[list[str]]:
    """The CSV's lines, the heading first."""
    response = client.get(address)
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(response.text)))


def test_the_csv_holds_everybody_with_their_amount(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:03}": 200 - number for number in range(119)})

    heading, *authors = lines(reviewer, "/reviews/authors.csv")

    assert heading == ["username", "tasks"]
    assert authors == [[f"author{number:03}", str(200 - number)] for number in range(119)] + [["rita", "0"]]


def test_the_csv_of_a_search_holds_everybody_whom_it_finds(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"{name}{number:03}": 1 for number in range(60) for name in ("anna_", "annax")})
    address = link(read(reviewer.get("/reviews/?search=anna_")), "CSV")

    _heading, *authors = lines(reviewer, address)

    assert [name for name, _amount in authors] == [f"anna_{number:03}" for number in range(60)]


def test_the_csv_of_a_search_that_finds_nobody_holds_its_heading(reviewer: FlaskClient) -> None:
    assert lines(reviewer, "/reviews/authors.csv?search=nobody") == [["username", "tasks"]]


def test_the_csv_is_saved_under_a_name(reviewer: FlaskClient) -> None:
    response = reviewer.get("/reviews/authors.csv?search=%00")

    assert response.headers["Content-Disposition"] == "attachment; filename=authors.csv"
