"""Nothing that runs, or looks like anything, stands in a page itself: no template and no answer holds an inline script, style or handler."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from project.settings import FEATURES, ROOT
from tests.app_fixtures import log_in
from tests.project.routes import PEOPLE, VISITS, Visit, World, kept_world

pytestmark = pytest.mark.no_cover

TEMPLATES = sorted(file for package in ("project", *FEATURES) for file in (ROOT / package / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "project" / "static").glob("*.js"))
ADDRESSES = ("action", "formaction", "href", "src", "srcdoc", "data", "xlink:href")
MAKES_CODE_OF_TEXT = re.compile(
    r"\b(?:eval|Function|setTimeout|setInterval)\(\s*[\"'`]|\bnew Function\b|(?:\.|\[\s*[\"'`])(?:inner|outer)HTML"
    r"|insertAdjacentHTML|document\.write|createContextualFragment"
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


class InlineCode(HTMLParser):
    """Collects what a strict policy would not let run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        written = {name: value or "" for name, value in attrs}
        if (tag == "script" and "src" not in written) or tag in ("style", "base", "object", "embed", "iframe"):
            self.found.append(f"<{tag}>")
        for name, value in written.items():
            is_code = name.startswith(("on", "hx-on", "data-hx-on")) or name in ("style", "srcdoc", "nonce") or value.strip().lower().startswith("js:")
            # A course links to its forum; nothing of another site is loaded by that.
            elsewhere = () if (tag, name) == ("a", "href") else ("http:", "https:", "//")
            if is_code or (name in ADDRESSES and value.strip().lower().startswith(("javascript:", "data:", *elsewhere))):
                self.found.append(f'<{tag} {name}="{value}">')


def inline_code(html: str) -> list[str]:
    """What a page or a template holds that a strict policy would not let run, or that another site would serve."""
    parser = InlineCode()
    # What Jinja reads is no HTML; quotes in it would end an attribute.
    parser.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", html, flags=re.DOTALL))
    return parser.found


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        '<p style="color: red">',
        '<button onclick="go()">',
        "<BODY ONLOAD=go()>",
        '<a href=" JavaScript:go()">',
        '<p hx-on:click="go()">',
        '<p hx-vals="js:go()">',
        '<script src="https://elsewhere.example/x.js"></script>',
        '<img src="//elsewhere.example/x.png">',
        '<base href="/">',
        '<p {% if x %} style="{{ y }}"{% endif %}>',
    ],
)
def test_what_is_looked_for_is_found(html: str) -> None:
    assert inline_code(html)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_template_holds_no_code_and_no_style(template: Path) -> None:
    assert inline_code(template.read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_no_script_of_ours_makes_code_or_elements_of_text(script: Path) -> None:
    assert MAKES_CODE_OF_TEXT.findall(script.read_text()) == []


@pytest.fixture
def world(app: Flask) -> World:
    """A Task, and one of each kind of person."""
    return kept_world(app)


def browser_of(app: Flask, world: World, person: str) -> FlaskClient:
    """A browser in which the person is logged in, if it is no visitor."""
    user_id = world.people[person]
    return app.test_client() if user_id is None else log_in(app.test_client(), user_id)


@pytest.mark.parametrize("visit", VISITS, ids=str)
def test_no_answer_holds_code_or_style(app: Flask, world: World, visit: Visit) -> None:
    for person in PEOPLE:
        form = {name: world.filled(value) for name, value in visit.form.items()}
        with browser_of(app, world, person).open(world.filled(visit.url), method=visit.method, data=form or None) as response:
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
            if response.mimetype == "text/html":
                assert inline_code(response.get_data(as_text=True)) == [], person
