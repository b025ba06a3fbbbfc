"""A user's page: what a superuser sees of the account, and does about it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.links.models import OneTimeLink, Purpose
from accounts.second_factor.queries import has_second_factor
from project.extensions import db
from tests.accounts.pages import add_user, change, errors_on, read, shown_to
from tests.accounts.people.rows import SECRETS, give_everything, last_event
from tests.app_fixtures import log_in
from tests.factories import PASSWORD, make_session
from tests.pages import facts, link, rows
from tests.pages import read as read_page
from tests.statements import statements

WAYS_IN = {"password-link": "Make a password link…", "turn-off-second-factor": "Turn the second factor off…"}
"""What opens an account, and the button that leads there."""
ACTIONS = ("password-link", "end-session", "end-sessions", "turn-off-second-factor", "revoke-tokens", "personal-data")


def session_ids(boss: FlaskClient, user_id: int) -> list[str]:
    """The ids of the sessions on a user's page, from top to bottom."""
    page = read_page(boss.get(f"/users/details/?id={user_id}"))
    return [field.attributes["value"] for field in page.all("input", name="session")]


def test_the_page_shows_the_account_and_all_that_opens_it(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    page = read_page(boss.get(f"/users/details/?id={ada}"))

    assert facts(page)["Username"] == "ada"
    assert [row["Browser"] for row in rows(page)] == ["Firefox"]
    for shown in ("On: logging in takes a code.", "Ada L. at https://gitlab.example", "my laptop (tasks)"):
        assert shown in page.text


def test_the_page_of_a_new_user_says_what_there_is_not(boss: FlaskClient, ada: int) -> None:
    page = read_page(boss.get(f"/users/details/?id={ada}")).text

    assert "Logged in nowhere." in page
    assert page.count("None.") == 2
    assert "Off." in page


def test_of_very_many_sessions_the_latest_are_shown_and_the_rest_counted(app: Flask, boss: FlaskClient, ada: int) -> None:
    with app.app_context():
        for _ in range(103):
            make_session(ada)

    page = read_page(boss.get(f"/users/details/?id={ada}"))

    assert len(rows(page)) == 100
    assert "And 3 more, last seen longer ago." in page.text


def test_the_page_gives_no_secret_away(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    page = boss.get(f"/users/details/?id={ada}").text

    assert [secret for secret in (*SECRETS, "argon2") if secret in page] == []


def test_the_page_costs_the_same_statements_however_much_there_is(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")
    with statements(app) as few:
        boss.get(f"/users/details/?id={ada}")
    with app.app_context():
        for _ in range(10):
            make_session(ada)
    with statements(app) as many:
        boss.get(f"/users/details/?id={ada}")

    assert len(few) == len(many)


def test_a_superuser_ends_one_session_of_a_user(app: Flask, boss: FlaskClient, ada: int) -> None:
    browsers = [log_in(app.test_client(), ada) for _ in range(2)]
    latest, _ = session_ids(boss, ada)

    boss.post("/users/end-session", data={"id": ada, "session": latest})

    assert [shown_to(browser) for browser in browsers] == ["ada", None]
    event = last_event(app)
    assert (event.action, event.object_id, event.details) == ("session.ended", int(latest), {"user": ada})


def test_a_superuser_ends_all_sessions_of_a_user_and_nobody_elses(app: Flask, boss: FlaskClient, ada: int) -> None:
    browsers = [log_in(app.test_client(), ada) for _ in range(2)]

    boss.post("/users/end-sessions", data={"id": ada})

    assert [shown_to(browser) for browser in (*browsers, boss)] == [None, None, "boss"]
    event = last_event(app)
    assert (event.action, event.object_id, event.details) == ("user.logged_out", ada, {"sessions_ended": 2})


def test_a_session_of_somebody_else_is_404(app: Flask, boss: FlaskClient, ada: int) -> None:
    other = log_in(app.test_client(), add_user(app, "grace"))
    (session,) = session_ids(boss, read(app, "grace").id)

    response = boss.post("/users/end-session", data={"id": ada, "session": session})

    assert response.status_code == 404
    assert shown_to(other) == "grace"


@pytest.mark.parametrize("session", ["", "0", "x", "-1", "99999", "9" * 30])
def test_a_session_that_is_none_is_404(boss: FlaskClient, ada: int, session: str) -> None:
    assert boss.post("/users/end-session", data={"id": ada, "session": session}).status_code == 404


def test_a_superuser_turns_off_a_second_factor_that_was_lost(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    boss.post("/users/turn-off-second-factor", data={"id": ada, "current": PASSWORD})

    with app.app_context():
        assert not has_second_factor(ada)
    event = last_event(app)
    assert (event.action, event.object_type, event.object_id) == ("second_factor.off", "user", ada)
    assert boss.post("/users/turn-off-second-factor", data={"id": ada}).status_code == 404, "there is none any more"


def opens(app: Flask, user_id: int) -> tuple[int, bool]:
    """How many password links the user has, and whether there is a second factor."""
    with app.app_context():
        links = db.session.scalars(select(OneTimeLink).where(OneTimeLink.purpose == Purpose.PASSWORD, OneTimeLink.user_id == user_id)).all()
        return len(links), has_second_factor(user_id)


@pytest.mark.parametrize("current", ["", "a wrong password"])
@pytest.mark.parametrize("action", WAYS_IN)
def test_a_session_without_the_password_changes_nobodys_ways_in(app: Flask, boss: FlaskClient, ada: int, action: str, current: str) -> None:
    give_everything(app, ada, "ada")

    page = boss.post(f"/users/{action}", data={"id": ada, "current": current})

    assert errors_on(page.text).keys() == {"current"}
    assert opens(app, ada) == (0, True)


@pytest.mark.parametrize("action", WAYS_IN)
def test_asking_what_a_button_does_changes_nothing(app: Flask, boss: FlaskClient, ada: int, action: str) -> None:
    give_everything(app, ada, "ada")

    page = read_page(boss.get(link(read_page(boss.get(f"/users/details/?id={ada}")), WAYS_IN[action])))

    assert [field.attributes["name"] for field in page.all("input", type="password")] == ["current"]
    assert opens(app, ada) == (0, True)


@pytest.mark.parametrize(("action", "left"), [("password-link", (1, True)), ("turn-off-second-factor", (0, False))])
def test_a_superuser_who_has_no_password_is_not_asked_for_it(app: Flask, boss: FlaskClient, ada: int, action: str, left: tuple[int, bool]) -> None:
    give_everything(app, ada, "ada")
    change(app, "boss", password_hash="")

    boss.post(f"/users/{action}", data={"id": ada})

    assert opens(app, ada) == left


@pytest.mark.parametrize("action", WAYS_IN)
def test_a_superuser_changes_the_own_ways_in_under_the_own_account_alone(app: Flask, boss: FlaskClient, boss_id: int, action: str) -> None:
    give_everything(app, boss_id, "boss")

    answers = [boss.get(f"/users/{action}?id={boss_id}"), boss.post(f"/users/{action}", data={"id": boss_id, "current": PASSWORD})]

    assert {(answer.status_code, answer.location) for answer in answers} == {(302, "/accounts/")}
    assert "This is your own account." in boss.get("/accounts/").text
    assert opens(app, boss_id) == (0, True)


def test_the_own_page_leads_to_the_own_account(app: Flask, boss: FlaskClient, boss_id: int) -> None:
    give_everything(app, boss_id, "boss")

    page = boss.get(f"/users/details/?id={boss_id}").text

    assert [action for action in WAYS_IN if f"/users/{action}" in page] == []
    assert page.count("Change your own.") == 2


def test_a_superuser_revokes_all_tokens(app: Flask, boss: FlaskClient, ada: int) -> None:
    give_everything(app, ada, "ada")

    page = boss.post("/users/revoke-tokens", data={"id": ada}, follow_redirects=True).text

    assert "my laptop" not in page
    event = last_event(app)
    assert (event.action, event.object_id, event.details) == ("tokens.revoked", ada, {"revoked": 1})


@pytest.mark.parametrize("user_id", ["", "0", "-1", "x", "99999", "9" * 30, "\0"])
@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_about_nobody(boss: FlaskClient, action: str, user_id: str) -> None:
    assert boss.post(f"/users/{action}", data={"id": user_id, "session": "1"}).status_code == 404


@pytest.mark.parametrize("user_id", ["", "0", "x", "99999", "9" * 30])
@pytest.mark.parametrize("page", ["details", "delete"])
def test_nobody_has_no_page(boss: FlaskClient, page: str, user_id: str) -> None:
    assert boss.get(f"/users/{page}/", query_string={"id": user_id}).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
def test_a_user_does_nothing_of_it_on_the_own_account_either(app: Flask, client: FlaskClient, ada: int, action: str) -> None:
    give_everything(app, ada, "ada")

    response = log_in(client, ada).post(f"/users/{action}", data={"id": ada, "session": "1"})

    assert response.status_code == 403
    with app.app_context():
        assert has_second_factor(ada)
