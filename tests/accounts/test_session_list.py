"""Sessions as rows: one sees where one is logged in and ends it; each runs out by itself."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from accounts.sessions import queries
from accounts.sessions.browsers import browser
from accounts.sessions.models import LoginSession
from project.database import utc_now
from project.extensions import db, settings_of
from tests import pages
from tests.accounts.pages import add_user, change, log_in_by_form, read, shown_to
from tests.app_fixtures import log_in
from tests.apps import close, make_app
from tests.factories import make_session

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ada(client: FlaskClient, app: Flask) -> FlaskClient:
    """The browser of ada, who is logged in."""
    return log_in(client, add_user(app, "ada"))


def age(app: Flask, **ago: timedelta) -> None:
    """Make every session older: `created_at=timedelta(…)` ago."""
    with app.app_context():
        for session in db.session.scalars(select(LoginSession)):
            for name, since in ago.items():
                setattr(session, name, utc_now() - since)
        db.session.commit()


def sessions(app: Flask) -> list[LoginSession]:
    """Every row, in the order they were made."""
    with app.app_context():
        return list(db.session.scalars(select(LoginSession).order_by(LoginSession.id)))


def test_a_login_is_a_row_that_holds_no_token(app: Flask) -> None:
    add_user(app, "ada")
    browser = app.test_client()

    browser.post(
        "/accounts/login",
        data={"username": "ada", "password": "correct horse battery"},
        headers={"User-Agent": FIREFOX},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )

    (row,) = sessions(app)
    with browser.session_transaction() as session:
        token = session["_user_id"]
    assert (row.user_id, row.address, row.device, row.remember, row.ended_at) == (read(app, "ada").id, "192.0.2.7", FIREFOX, False, None)
    assert token not in (row.token_hash, row.device_hash)
    assert re.fullmatch("[0-9a-f]{64}", row.token_hash)


def test_ones_sessions_are_listed_with_their_browsers(ada: FlaskClient, app: Flask) -> None:
    with app.app_context():
        make_session(1, device=FIREFOX, address="2001:db8::7", remember=True)

    listed = pages.rows(pages.read(ada.get("/accounts/sessions")))

    assert [(row["Browser"], row["Address"]) for row in listed] == [("Firefox on Linux stays logged in", "2001:db8::7"), ("A test", "192.0.2.1")]


def test_of_very_many_sessions_the_latest_are_listed_and_the_rest_counted(ada: FlaskClient, app: Flask) -> None:
    with app.app_context():
        for minutes in range(101):
            make_session(1, last_seen_at=utc_now() - timedelta(minutes=minutes), address="192.0.2.7" if minutes < 99 else "192.0.2.8")

    page = pages.read(ada.get("/accounts/sessions"))

    listed = pages.rows(page)
    assert len(listed) == 100
    assert "192.0.2.8" not in [row["Address"] for row in listed]
    assert "And 2 more, last seen longer ago." in page.text
    assert "102 browsers are logged in as you." in ada.get("/accounts/").text


def test_sessions_of_others_are_not_listed(ada: FlaskClient, app: Flask) -> None:
    log_in(app.test_client(), add_user(app, "grace"))

    assert len(pages.rows(pages.read(ada.get("/accounts/sessions")))) == 1


def test_a_session_is_ended_from_another(ada: FlaskClient, app: Flask) -> None:
    elsewhere = log_in(app.test_client(), read(app, "ada").id)

    response = ada.post("/accounts/sessions/end", data={"id": sessions(app)[1].id})

    assert response.location == "/accounts/sessions"
    assert (shown_to(elsewhere), shown_to(ada)) == (None, "ada")


def test_all_sessions_but_ones_own_are_ended_at_once(ada: FlaskClient, app: Flask) -> None:
    elsewhere = [log_in(app.test_client(), read(app, "ada").id) for _ in range(2)]
    grace = log_in(app.test_client(), add_user(app, "grace"))

    ada.post("/accounts/sessions/end-others")

    assert [shown_to(browser) for browser in (*elsewhere, ada, grace)] == [None, None, "ada", "grace"]


@pytest.mark.parametrize("which", ["another's", "one that is not there", "one that has ended", "x", "0", "9" * 30, "1\0", ""])
def test_no_session_but_a_live_one_of_ones_own_is_ended(ada: FlaskClient, app: Flask, which: str) -> None:
    grace = log_in(app.test_client(), add_user(app, "grace"))
    log_in(app.test_client(), read(app, "ada").id).post("/accounts/logout")
    ids = {"another's": "2", "one that is not there": "999", "one that has ended": "3"}

    response = ada.post("/accounts/sessions/end", data={"id": ids.get(which, which)})

    assert response.status_code == 404
    assert shown_to(grace) == "grace"


def test_a_cookie_is_worth_nothing_after_logging_out(ada: FlaskClient) -> None:
    stolen = ada.get_cookie("callboard")
    assert stolen is not None
    ada.post("/accounts/logout")

    ada.set_cookie("callboard", stolen.value)

    assert shown_to(ada) is None


def test_logging_in_again_ends_the_session_before(app: Flask) -> None:
    add_user(app, "ada")
    browser = app.test_client()

    for _ in range(2):
        log_in_by_form(browser, "ada")

    assert [row.ended_at is None for row in sessions(app)] == [False, True]


def test_a_session_that_was_ended_stays_ended_when_its_user_is_active_again(ada: FlaskClient, app: Flask) -> None:
    root = log_in(app.test_client(), add_user(app, "root", is_superuser=True))
    root.post("/users/edit/?id=1", data={})

    change(app, "ada", is_active=True)

    assert shown_to(ada) is None


@pytest.mark.parametrize(
    ("remember", "ago", "live"),
    [
        (False, {"last_seen_at": timedelta(minutes=719)}, True),
        (False, {"last_seen_at": timedelta(minutes=721)}, False),
        (False, {"created_at": timedelta(hours=167)}, True),
        (False, {"created_at": timedelta(hours=169)}, False),
        (True, {"last_seen_at": timedelta(days=29), "created_at": timedelta(days=29)}, True),
        (True, {"created_at": timedelta(days=31)}, False),
    ],
)
def test_a_session_runs_out_by_idling_and_by_age(client: FlaskClient, app: Flask, remember: bool, ago: dict[str, timedelta], live: bool) -> None:
    add_user(app, "ada")
    log_in_by_form(client, "ada", **({"remember": "y"} if remember else {}))
    age(app, **ago)

    assert (shown_to(client) == "ada") is live
    with app.app_context():
        assert bool(queries.live_sessions(1, settings_of(app))) is live


@pytest.mark.parametrize(("ago", "noted"), [(timedelta(seconds=50), False), (timedelta(seconds=70), True)])
def test_being_seen_is_written_once_a_minute_at_most(ada: FlaskClient, app: Flask, ago: timedelta, noted: bool) -> None:
    age(app, last_seen_at=ago)
    (before,) = sessions(app)

    ada.get("/")

    (after,) = sessions(app)
    assert (after.last_seen_at > before.last_seen_at) is noted


def test_static_files_and_probes_keep_no_session_alive(ada: FlaskClient, app: Flask) -> None:
    age(app, last_seen_at=timedelta(minutes=5))
    (before,) = sessions(app)

    for url in ("/static/callboard.css", "/healthz", "/readyz"):
        ada.get(url).close()

    assert sessions(app)[0].last_seen_at == before.last_seen_at


def test_a_session_that_is_live_is_kept_however_long_it_went_unused(sqlite_url: str) -> None:
    app = make_app(sqlite_url, remember_days=366)
    add_user(app, "ada")
    with app.app_context():
        long_ago = utc_now() - timedelta(days=queries.KNOWN_DEVICE_DAYS + 1)
        make_session(1, remember=True, created_at=long_ago, last_seen_at=long_ago)

        queries.forget_old_sessions(settings_of(app))
        db.session.commit()

    assert [row.id for row in sessions(app)] == [1]
    close(app)


def test_reading_what_browsers_say_is_remembered_within_bounds() -> None:
    browser.cache_clear()

    for number in (*range(2000), 1999):
        browser(f"browser {number}")

    kept = browser.cache_info()
    assert (kept.hits, kept.currsize) == (1, 1024)


def test_sessions_are_deleted_when_their_device_is_known_no_more(client: FlaskClient, app: Flask) -> None:
    add_user(app, "ada")
    with app.app_context():
        make_session(1, last_seen_at=utc_now() - timedelta(days=queries.KNOWN_DEVICE_DAYS + 1))

    log_in_by_form(client, "ada")

    assert [row.id for row in sessions(app)] == [2]
