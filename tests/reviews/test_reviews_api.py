"""The reviews as JSON: the page's authors in the page's order, a hundred at a time."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.tokens.tokens import bearer, make_token
from tests.factories import make_user
from tests.reviews.conftest import MakeAuthors
from tests.statements import statements

URL = "/reviews/api/authors"


@pytest.fixture
def headers(app: Flask) -> dict[str, str]:
    """What carries the token of the reviewer `rita`, who has no Tasks."""
    with app.app_context():
        rita = int(make_user("rita", can_review_tasks=True).id)
    return bearer(make_token(app, rita, "reviews:read"))


def names(client: FlaskClient, headers: dict[str, str], query: str = "") -> list[list[str]]:
    """The usernames of each page, from the first to the last."""
    pages, after = [], ""
    while True:
        answer = client.get(f"{URL}?{query}{after}", headers=headers).json
        assert answer
        pages.append([author["username"] for author in answer["authors"]])
        if answer["next"] is None:
            return pages
        after = f"&after={answer['next']}"


def test_an_author_has_an_id_a_name_and_an_amount(client: FlaskClient, headers: dict[str, str], make_authors: MakeAuthors) -> None:
    make_authors({"anna": 3})

    answer = client.get(URL, headers=headers)

    assert answer.json == {"authors": [{"id": 2, "username": "anna", "tasks": 3}, {"id": 1, "username": "rita", "tasks": 0}], "next": None}


def test_following_next_shows_everybody_once(client: FlaskClient, headers: dict[str, str], make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:03}": 300 - number for number in range(249)})

    pages = names(client, headers)

    assert [len(page) for page in pages] == [100, 100, 50]
    assert [name for page in pages for name in page] == [f"author{number:03}" for number in range(249)] + ["rita"]


def test_a_page_that_is_exactly_full_is_the_last(client: FlaskClient, headers: dict[str, str], make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:03}": 1 for number in range(99)})

    assert [len(page) for page in names(client, headers)] == [100]


def test_the_search_finds_a_part_of_the_name(client: FlaskClient, headers: dict[str, str], make_authors: MakeAuthors) -> None:
    make_authors({"anna": 2, "joanna": 1, "mike": 3})

    assert names(client, headers, "search=ANNA") == [["anna", "joanna"]]


@pytest.mark.parametrize(
    "after", ["", "word", "-", "1", "1-", "-1", "1-0", "1.5-1", "%00-1", f"{2**63}-1", f"1-{2**63}", "9" * 5000 + "-1"], ids=lambda value: value[:12]
)
def test_a_cursor_that_is_none_is_refused(client: FlaskClient, headers: dict[str, str], after: str) -> None:
    answer = client.get(f"{URL}?after={after}", headers=headers)

    assert (answer.status_code, answer.json) == (400, {"error": "bad_request", "message": "after is the `next` of the page before, e.g. 12-7."})


def test_a_page_costs_one_statement_beside_the_tokens(app: Flask, client: FlaskClient, headers: dict[str, str], make_authors: MakeAuthors) -> None:
    make_authors({f"author{number}": 1 for number in range(60)})
    client.get(URL, headers=headers)

    with statements(app) as sent:
        client.get(URL, headers=headers)

    assert len(sent) == 2
