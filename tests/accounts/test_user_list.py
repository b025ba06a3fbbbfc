"""The list of users: superusers find everybody, change what each may do, and never leave the site without a superuser."""

import csv
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.accounts.pages import add_user, change, errors_on, log_in_by_form, read, shown_to
from tests.app_fixtures import log_in
from tests.factories import PASSWORD

FLAGS = ("is_active", "is_superuser", "can_review_tasks")
ALL = dict.fromkeys(FLAGS, "y")


@pytest.fixture
def boss(client: FlaskClient, app: Flask) -> FlaskClient:
    """The browser of a superuser."""
    return log_in(client, add_user(app, "boss", is_superuser=True))


def listed(page: str) -> list[str]:
    """The usernames in a list, from top to bottom."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], re.DOTALL)
    return [re.sub(r"<[^>]+>", "", re.findall(r"<td>(.*?)</td>", row, re.DOTALL)[1]).strip() for row in rows]


def flags_of(app: Flask, username: str) -> dict[str, bool]:
    """What a user may do."""
    user = read(app, username)
    return {flag: getattr(user, flag) for flag in FLAGS}


def edit(browser: FlaskClient, user_id: int, form: dict[str, str]) -> str:
    """Send the form of a user's rights; the page one lands on."""
    return browser.post("/users/edit/", query_string={"id": user_id}, data={"current": PASSWORD, **form}, follow_redirects=True).text


def test_everybody_is_listed_in_the_order_they_came(boss: FlaskClient, app: Flask) -> None:
    for name in ("zoe", "ada", "mia"):
        add_user(app, name)

    assert listed(boss.get("/users/").text) == ["boss", "zoe", "ada", "mia"]


@pytest.mark.parametrize(("typed", "found"), [("ad", ["ada", "Brad"]), ("AD", ["ada", "Brad"]), ("ada", ["ada"]), ("nobody", [])])
def test_a_user_is_found_by_any_part_of_the_name(boss: FlaskClient, app: Flask, typed: str, found: list[str]) -> None:
    for name in ("ada", "Brad", "mia"):
        add_user(app, name)

    assert listed(boss.get("/users/", query_string={"search": typed}).text) == found


def test_the_list_can_be_sorted_by_name(boss: FlaskClient, app: Flask) -> None:
    for name in ("zoe", "ada"):
        add_user(app, name)

    links = re.findall(r'class="sort" href="([^"]+)">\s*Username', boss.get("/users/").text)

    assert listed(boss.get(links[0].replace("&amp;", "&")).text) == ["ada", "boss", "zoe"]


def test_a_long_list_has_further_pages(boss: FlaskClient, app: Flask) -> None:
    for number in range(60):
        add_user(app, f"user{number:02}")

    first_page = boss.get("/users/").text
    (next_page,) = re.findall(r'href="([^"]+)" rel="next"', first_page)
    first, second = listed(first_page), listed(boss.get(next_page.replace("&amp;", "&")).text)

    assert (first[0], first[-1], second[0], second[-1]) == ("boss", "user48", "user49", "user59")


@pytest.mark.parametrize("flag", FLAGS)
def test_a_right_can_be_given(boss: FlaskClient, app: Flask, flag: str) -> None:
    user_id = add_user(app, "ada", is_active=False)

    edit(boss, user_id, {flag: "y"})

    assert flags_of(app, "ada") == {name: name == flag for name in FLAGS}


@pytest.mark.parametrize("current", ["", "a wrong password"])
def test_a_session_without_the_password_makes_no_superuser(boss: FlaskClient, app: Flask, current: str) -> None:
    user_id = add_user(app, "ada")

    page = edit(boss, user_id, {"is_active": "y", "is_superuser": "y", "current": current})

    assert errors_on(page) == {"current": "This is not your current password."}
    assert not read(app, "ada").is_superuser


def test_a_superuser_who_has_no_password_makes_another_without(boss: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada")
    change(app, "boss", password_hash="")

    edit(boss, user_id, {"is_active": "y", "is_superuser": "y"})

    assert read(app, "ada").is_superuser


def test_what_makes_no_superuser_takes_no_password(boss: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada", is_superuser=True)

    edit(boss, user_id, {"is_superuser": "y", "current": ""})

    assert flags_of(app, "ada") == {"is_active": False, "is_superuser": True, "can_review_tasks": False}


@pytest.mark.parametrize("flag", FLAGS)
def test_a_right_can_be_taken(boss: FlaskClient, app: Flask, flag: str) -> None:
    user_id = add_user(app, "ada", is_superuser=True, can_review_tasks=True)

    edit(boss, user_id, {name: "y" for name in FLAGS if name != flag})

    assert flags_of(app, "ada") == {name: name != flag for name in FLAGS}


def test_the_form_shows_what_a_user_may_do_now(boss: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada", can_review_tasks=True)

    page = boss.get(f"/users/edit/?id={user_id}").text

    inputs = {name: next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag) for name in FLAGS}
    assert {name: " checked" in tag for name, tag in inputs.items()} == {"is_active": True, "is_superuser": False, "can_review_tasks": True}


@pytest.mark.parametrize("kept", [("is_active", "can_review_tasks"), ("is_superuser", "can_review_tasks"), ()])
def test_nobody_takes_the_own_superuser_right_away(boss: FlaskClient, app: Flask, kept: tuple[str, ...]) -> None:
    add_user(app, "other", is_superuser=True)
    before = flags_of(app, "boss")

    page = edit(boss, read(app, "boss").id, dict.fromkeys(kept, "y"))

    assert "You can&#39;t take your own superuser right away; another superuser can." in page
    assert flags_of(app, "boss") == before


def test_a_superuser_may_change_the_own_other_flags(boss: FlaskClient, app: Flask) -> None:
    edit(boss, read(app, "boss").id, ALL)

    assert flags_of(app, "boss") == dict.fromkeys(FLAGS, True)


def test_a_superuser_who_was_demoted_is_out_at_once(boss: FlaskClient, app: Flask) -> None:
    other = log_in(app.test_client(), add_user(app, "other", is_superuser=True))

    edit(other, read(app, "boss").id, {"is_active": "y"})

    assert boss.get("/users/").status_code == 403


def test_who_is_deactivated_in_the_list_can_log_in_no_more(boss: FlaskClient, app: Flask) -> None:
    edit(boss, add_user(app, "ada"), {})
    browser = app.test_client()

    log_in_by_form(browser, "ada")

    assert shown_to(browser) is None


def test_the_form_changes_rights_and_nothing_else(boss: FlaskClient, app: Flask) -> None:
    user_id = add_user(app, "ada")
    before = read(app, "ada")

    edit(boss, user_id, ALL | {"id": "99", "username": "eve", "password_hash": "-", "task_count": "7", "created_at": "2020-01-01 00:00:00"})

    after = read(app, "ada")
    assert flags_of(app, "ada") == dict.fromkeys(FLAGS, True)
    assert {name: getattr(after, name) for name in ("id", "password_hash", "task_count", "created_at")} == {
        name: getattr(before, name) for name in ("id", "password_hash", "task_count", "created_at")
    }


@pytest.mark.parametrize("url", ["/users/", "/users/details/?id={}", "/users/edit/?id={}", "/users/export/csv/"])
def test_no_page_shows_the_hash_of_a_password(boss: FlaskClient, app: Flask, url: str) -> None:
    user_id = add_user(app, "ada")

    page = boss.get(url.format(user_id)).text

    assert "ada" in page or "edit" in url
    assert "argon2" not in page


def test_the_list_can_be_taken_away_as_csv(boss: FlaskClient, app: Flask) -> None:
    add_user(app, "ada", can_review_tasks=True)

    response = boss.get("/users/export/csv/")

    heading, *rows = csv.reader(response.text.splitlines())
    assert response.mimetype == "text/csv"
    assert heading[:2] == ["Number", "Username"]
    assert [row[1] for row in rows] == ["boss", "ada"]


@pytest.mark.parametrize("values", [{}, {"can_review_tasks": True}])
def test_nobody_but_a_superuser_changes_rights(client: FlaskClient, app: Flask, values: dict[str, bool]) -> None:
    user_id = add_user(app, "ada", **values)
    log_in(client, user_id)

    response = client.post("/users/edit/", query_string={"id": user_id}, data=ALL)

    assert response.status_code == 403
    assert flags_of(app, "ada")["is_superuser"] is False
