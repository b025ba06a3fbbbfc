"""Getting in: registering, logging in with the right password, and with a second factor."""

import re
from datetime import timedelta

from flask import Flask
from playwright.sync_api import Page, expect
from pyotp import TOTP

from project.database import utc_now
from tests.browser.conftest import Open, member
from tests.factories import PASSWORD, make_user

STEP = timedelta(seconds=30)


def type_login(page: Page, username: str, password: str = PASSWORD) -> None:
    """Fill and send the login form."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page, username: str) -> None:
    """By one's own menu."""
    page.locator("summary").filter(has_text=username).click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")


def test_a_newcomer_registers_and_is_told_what_is_wrong_beside_each_field(visitor: Page) -> None:
    visitor.goto("/")
    visitor.get_by_role("banner").get_by_role("link", name="Register").click()
    name, password, again = (visitor.get_by_label(label, exact=True) for label in ("Username", "Password", "Password again"))
    name.fill("a b")
    password.fill("short")
    again.fill("shorter")
    visitor.get_by_role("button", name="Register").click()

    expect(name).to_have_accessible_description(re.compile("^A username begins with a letter or a digit"))
    expect(password).to_have_accessible_description(re.compile("^A password has 8 to 256 characters"))
    expect(again).to_have_accessible_description("The two passwords differ.")

    name.fill("newcomer")
    password.fill(PASSWORD)
    again.fill(PASSWORD)
    visitor.get_by_role("button", name="Register").click()

    expect(visitor.get_by_role("status")).to_have_text("Welcome, newcomer.")
    log_out(visitor, "newcomer")


def test_a_wrong_password_is_refused_and_the_right_one_leads_to_the_page_that_was_asked_for(visitor: Page, behind: Flask) -> None:
    with behind.app_context():
        username = make_user(can_review_tasks=True).username
    visitor.goto("/reviews/")

    type_login(visitor, username, "a wrong password")
    expect(visitor.get_by_role("alert")).to_contain_text("wrong")

    type_login(visitor, username)
    expect(visitor).to_have_url("/reviews/")
    expect(visitor.get_by_role("heading", name="Reviews")).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for_from_then_on(open_as: Open, behind: Flask) -> None:
    page = open_as(member(behind))
    page.goto("/accounts/second-factor")
    username = page.locator(".account-name").inner_text()
    page.get_by_label("Your current password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    app = TOTP(page.locator("code.key").inner_text().replace(" ", ""))
    page.get_by_label("The six digits").fill(app.at(utc_now()))
    page.get_by_role("button", name="Turn it on").click()

    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    recovery_code = page.get_by_role("main").get_by_role("listitem").first.inner_text()
    log_out(page, username)

    # A code is good once, so the next one has to do.
    for label, wrong, right in (("Code", "000000", app.at(utc_now() + STEP)), ("Recovery code", "AAAA" * 6, recovery_code)):
        page.goto("/accounts/login")
        type_login(page, username)
        for code in (wrong, right):
            if label == "Recovery code" and not page.get_by_label(label, exact=True).is_visible():
                page.get_by_text("Is your phone not at hand?").click()
            page.get_by_label(label, exact=True).fill(code)
            page.get_by_role("button", name="Log in", exact=True).click()
        log_out(page, username)
