"""The reviewers' page: every username with its amount of Tasks, most first; searched, paged without a gap, plotted."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.app_fixtures import log_in
from tests.factories import make_superuser, make_tasks, make_user
from tests.pages import link, next_page, plots, read, rows
from tests.reviews.conftest import MakeAuthors
from tests.statements import statements


def shown(client: FlaskClient, query: str = "") -> list[tuple[str, str]]:
    """The authors on the page with their amounts, from top to bottom."""
    return [(row["Author"], row["Tasks"]) for row in rows(read(client.get(f"/reviews/?{query}")))]


def names(client: FlaskClient, query: str = "") -> list[str]:
    """The authors on the page, from top to bottom."""
    return [name for name, _amount in shown(client, query)]


def follow(client: FlaskClient, address: str) -> list[list[str]]:
    """The authors on each page, following the links to the next."""
    pages = []
    next_address: str | None = address
    while next_address:
        page = read(client.get(next_address))
        pages.append([row["Author"] for row in rows(page)])
        next_address = next_page(page)
    return pages


def test_everybody_is_shown_with_their_amount_those_with_most_first(app: Flask, reviewer: FlaskClient) -> None:
    with app.app_context():
        make_tasks(2, make_user("anna"))
        make_tasks(5, make_user("berta"))

    assert shown(reviewer) == [("berta", "5"), ("anna", "2"), ("rita", "0")]


def test_equal_amounts_stand_in_the_order_of_registration(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({"zoe": 1, "anna": 1, "mike": 1})

    assert names(reviewer) == ["zoe", "anna", "mike", "rita"]


def test_large_amounts_are_written_with_thousands(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({"anna": 1_234_567})

    assert shown(reviewer, "search=anna") == [("anna", "1,234,567")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("anna", ["Anna_K", "joanna"]),
        ("ANNA", ["Anna_K", "joanna"]),
        ("  joanna ", ["joanna"]),
        ("a_k", ["Anna_K"]),
        ("_", ["Anna_K"]),
        ("%25", []),
        ("n%25a", []),
        ("%5C", []),
        ("'", []),
        ("an%00na", ["Anna_K", "joanna"]),
        ("nobody", []),
        ("", ["Anna_K", "joanna", "mike", "rita"]),
        ("%00", ["Anna_K", "joanna", "mike", "rita"]),
        ("%ED%B0%80", []),
        ("x" * 5000, []),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_the_search_finds_a_part_of_the_name_as_it_is_typed(reviewer: FlaskClient, make_authors: MakeAuthors, typed: str, found: list[str]) -> None:
    make_authors({"Anna_K": 9, "joanna": 8, "mike": 7})

    assert names(reviewer, f"search={typed}") == found


def test_following_the_pages_shows_everybody_once(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:03}": number % 7 for number in range(119)})

    pages = follow(reviewer, "/reviews/")

    in_order = sorted(range(119), key=lambda number: (-(number % 7), number))
    # Rita registered first, so among those without Tasks she comes first.
    with_tasks = [f"author{number:03}" for number in in_order if number % 7]
    without = ["rita", *(f"author{number:03}" for number in in_order if not number % 7)]
    assert [name for page in pages for name in page] == with_tasks + without
    assert [len(page) for page in pages] == [50, 50, 20]


def test_the_pages_of_a_search_show_only_what_it_finds(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"{name}{number:03}": 1 for number in range(60) for name in ("anna", "mike")})

    pages = follow(reviewer, "/reviews/?search=anna")

    assert [name for page in pages for name in page] == [f"anna{number:03}" for number in range(60)]


def test_a_page_that_is_exactly_full_leads_to_no_empty_one(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number}": 1 for number in range(49)})

    assert [len(page) for page in follow(reviewer, "/reviews/")] == [50]


def test_a_later_page_leads_back_to_the_first(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number}": 1 for number in range(60)})
    first_page = read(reviewer.get("/reviews/"))
    second_page = read(reviewer.get(next_page(first_page) or ""))

    back = read(reviewer.get(link(second_page, "← First page")))

    assert rows(back) == rows(first_page)


@pytest.mark.parametrize(
    "after",
    [
        *("word", "-", "1", "1-", "-1", "1-word", "word-1", "1-1-1", "-1-1", "1--1", "1.5-1", "%00-1", "%D9%A1-1", "1-0"),
        *(f"{2**63}-1", f"1-{2**63}", f"{'9' * 25}-1", f"1-{'9' * 25}", f"{'9' * 5000}-1"),
    ],
    ids=lambda value: value[:12],
)
def test_a_page_after_nobody_is_the_first_page(reviewer: FlaskClient, make_authors: MakeAuthors, after: str) -> None:
    make_authors({"anna": 2, "mike": 1})

    assert names(reviewer, f"after={after}") == ["anna", "mike", "rita"]


@pytest.mark.parametrize(("after", "found"), [("2-9999", ["mike", "rita"]), ("1-9999", ["rita"]), ("0-9999", []), (f"{2**63 - 1}-1", ["anna", "mike", "rita"])])
def test_a_page_begins_after_its_cursor_though_that_user_is_gone(reviewer: FlaskClient, make_authors: MakeAuthors, after: str, found: list[str]) -> None:
    make_authors({"anna": 2, "mike": 1})

    assert names(reviewer, f"after={after}") == found


def test_the_plot_shows_the_fifteen_authors_with_most_tasks(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:02}": number for number in range(1, 21)})

    bars = plots(read(reviewer.get("/reviews/")))["bars"]

    assert bars["labels"] == [f"author{number:02}" for number in range(20, 5, -1)]
    assert bars["values"] == list(range(20, 5, -1))


def test_the_plot_is_the_same_on_every_page_and_for_every_search(reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"author{number:02}": number for number in range(60)})

    plotted = [plots(read(reviewer.get(f"/reviews/{query}")))["bars"] for query in ("", "?search=author01", "?after=10-9999")]

    assert plotted[0] == plotted[1] == plotted[2]


def test_a_page_costs_as_many_statements_for_50_authors_as_for_5(app: Flask, reviewer: FlaskClient, make_authors: MakeAuthors) -> None:
    make_authors({f"few{number}": number for number in range(4)})
    with statements(app) as for_few:
        few = names(reviewer)
    make_authors({f"many{number}": number for number in range(45)})

    with statements(app) as for_many:
        many = names(reviewer)

    assert (len(few), len(many)) == (5, 50)
    assert len(for_many) == len(for_few)


def test_no_page_counts_tasks_or_users(app: Flask, reviewer: FlaskClient) -> None:
    with statements(app) as heard:
        read(reviewer.get("/reviews/?search=rita"))

    assert heard
    assert not [statement for statement in heard if "count(" in statement.lower() or "from tasks" in statement.lower()]


@pytest.mark.parametrize("path", ["/reviews/", "/reviews/authors.csv"])
def test_reviewers_and_superusers_may_look(app: Flask, reviewer: FlaskClient, path: str) -> None:
    with app.app_context():
        superuser = log_in(app.test_client(), make_superuser().id)

    assert [browser.get(path).status_code for browser in (reviewer, superuser)] == [200, 200]


@pytest.mark.parametrize("path", ["/reviews/", "/reviews/authors.csv"])
def test_somebody_without_the_right_may_not_look(app: Flask, path: str) -> None:
    with app.app_context():
        plain_user = log_in(app.test_client(), make_user().id)

    assert plain_user.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/reviews/", "/reviews/authors.csv"])
def test_a_visitor_is_sent_to_log_in_and_back(app: Flask, client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response.location.startswith("/accounts/login?next=%2Freviews%2F")


def test_a_reviewer_sees_the_reviews_and_no_tasks_in_the_navigation(reviewer: FlaskClient) -> None:
    page = read(reviewer.get("/reviews/"))

    links = {anchor.attributes["href"] for nav in page.all("nav") for anchor in nav.all("a")}
    assert "/reviews/" in links
    assert "/tasks/" not in links
