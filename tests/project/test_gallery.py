"""The gallery that other tests walk through: no template and no table is missing in it."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask, template_rendered
from jinja2 import Template
from sqlalchemy import select

from project.extensions import Model, db
from project.settings import FEATURES, ROOT
from tests.apps import close, make_app
from tests.project.gallery import PROVIDER, SHOWINGS, make_gallery

FOLDERS = [ROOT / package / "templates" for package in ("project", *FEATURES)]
TEMPLATES = {str(file.relative_to(folder)): file.read_text() for folder in FOLDERS for file in folder.rglob("*.html")}
EXTENDED = set(re.findall(r'{% extends "([^"]+)" %}', "".join(TEMPLATES.values())))
PARTS = {name for name in TEMPLATES if name.rpartition("/")[2].startswith("_")}
ELSEWHERE = {
    # It takes the browser to another site at once.
    "leaving.html",
}


@pytest.fixture
def app(sqlite_url: str) -> Iterator[Flask]:
    """An app that lets people sign in elsewhere."""
    app = make_app(sqlite_url, providers=(PROVIDER,))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    close(app)


def test_each_page_of_the_site_is_shown(app: Flask) -> None:
    rendered: set[str | None] = set()

    def note(_app: Flask, template: Template, **_extra: object) -> None:
        rendered.add(template.name)

    gallery = make_gallery(app)
    with template_rendered.connected_to(note, app):
        for showing in SHOWINGS:
            gallery.show(app, showing).close()

    assert set(TEMPLATES) - PARTS - EXTENDED - ELSEWHERE - rendered == set()


def test_each_table_has_a_row(app: Flask) -> None:
    make_gallery(app)

    with app.app_context():
        empty = {name for name, table in Model.metadata.tables.items() if db.session.execute(select(table)).first() is None}
    assert empty == set()
