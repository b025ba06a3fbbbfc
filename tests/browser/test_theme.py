"""The theme: the system's, or one's own choice, from the moment it is chosen."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import Open

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(19, 23, 31)"


def background(page: Page) -> str:
    """The page's colour."""
    colour: str = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return colour


def choose(page: Page, theme: str) -> None:
    """By the switch in the header."""
    switch = page.get_by_role("banner").locator("details.theme")
    switch.locator("summary").click()
    switch.get_by_role("button", name=theme).click()


def test_without_a_choice_it_is_the_systems(visitor: Page) -> None:
    visitor.emulate_media(color_scheme="dark")
    visitor.goto("/")
    dark = background(visitor)
    visitor.emulate_media(color_scheme="light")

    assert (dark, background(visitor)) == (DARK, LIGHT)


def test_a_choice_shows_at_once_keeps_what_is_typed_and_stays(visitor: Page) -> None:
    visitor.emulate_media(color_scheme="light")
    visitor.goto("/accounts/login")
    visitor.get_by_label("Username").fill("ada")
    with visitor.expect_response("**/theme"):
        choose(visitor, "Dark")

    assert background(visitor) == DARK
    expect(visitor.get_by_label("Username")).to_have_value("ada")
    visitor.goto("/")
    assert background(visitor) == DARK
    visitor.get_by_role("banner").locator("details.theme summary").click()
    assert violations(visitor) == []
    visitor.keyboard.press("Escape")

    with visitor.expect_response("**/theme"):
        choose(visitor, "System")
    visitor.reload()
    assert background(visitor) == LIGHT


@pytest.mark.parametrize(("theme", "shown"), [("Light", LIGHT), ("Dark", DARK)])
def test_without_scripts_it_can_be_chosen_too(open_as: Open, theme: str, shown: str) -> None:
    page = open_as(java_script_enabled=False)
    page.goto("/accounts/login?next=/tasks/")
    choose(page, theme)

    expect(page).to_have_url("/accounts/login?next=/tasks/")
    expect(page.locator("html")).to_have_css("background-color", shown)
