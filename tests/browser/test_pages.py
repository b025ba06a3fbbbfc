"""Each page of the gallery: open to people who see little or use no mouse, fit for a phone, and without what `Watch` looks for."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize

from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.project.gallery import SHOWINGS, Gallery, Showing, make_gallery

pytestmark = pytest.mark.no_cover

PHONE: ViewportSize = {"width": 360, "height": 740}
DOWNLOADS = {
    "audit.export",
    "users.export",
    "tasks.export",
    "reviews.export",
    "personal data",
    "exported person",
    "courses.gradebook_csv",
    "courses.gradebook_xlsx",
    "courses.config_file",
}
FOR_PROGRAMS = {"health.healthz", "health.healthcheck", "health.readyz", "metrics.metrics"}
"""Besides all that is in an API."""
FRAGMENTS = {
    "courses.gradebook_part",
    "tasks.draws",
    "tasks.run_state",
    "schedule.tick",
    "schedule.ticks",
    "workers.state",
    "workers.plots",
    "queues.part",
    "actors.part",
    "processes.part",
    "processes.process_state",
    "courses.config_state",
    "courses.preview_state",
    "courses.batch_list",
}
PAGES = [
    showing
    for showing in SHOWINGS
    if showing.name.partition(",")[0] not in DOWNLOADS | FOR_PROGRAMS | FRAGMENTS and not showing.name.partition(".")[0].endswith("_api")
]

Show = Callable[[Showing], Page]

SEND = """([url, values]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: url });
    for (const [name, value] of Object.entries(values)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    form.append(document.querySelector("[name=csrf_token]").cloneNode());
    document.body.append(form);
    form.submit();
}"""


@pytest.fixture(scope="session")
def gallery(behind: Flask) -> Gallery:
    """What there is to see."""
    behind.config["WTF_CSRF_ENABLED"] = False
    return make_gallery(behind)


@pytest.fixture
def show(open_as: Open, behind: Flask, gallery: Gallery) -> Show:
    """Open a page of the gallery, on a phone."""

    def open_showing(showing: Showing) -> Page:
        page = open_as(gallery.browser_for(behind, showing), viewport=PHONE)
        url, form = gallery.filled(showing.url), gallery.form_of(showing)
        if form is None:
            page.goto(url)
        else:
            page.goto("/accounts/login")
            with page.expect_navigation():
                page.evaluate(SEND, [url, form])
        assert page.locator(".account-name").count() == (0 if showing.person == "visitor" else 1)
        return page

    return open_showing


def test_what_keeps_people_from_using_a_page_is_found_in_either_theme(visitor: Page) -> None:
    colours = ":root { color-scheme: light dark; } body { color: light-dark(#000, #333); background: light-dark(#fff, #000); }"
    visitor.set_content(f"<!doctype html><html lang=en><title>Odd</title><style>{colours}</style><main><h1>Odd</h1><img src=data:></main>")

    assert [violation.partition(": <")[0] for violation in violations(visitor)] == ["image-alt", "dark: color-contrast"]


@pytest.mark.parametrize("showing", PAGES, ids=str)
def test_everybody_can_use_it_and_on_a_phone_nobody_scrolls_sideways(show: Show, showing: Showing) -> None:
    page = show(showing)

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []
