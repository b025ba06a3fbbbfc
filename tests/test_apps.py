"""The tests' own apps: each database is as good as new, and what they keep of each other's work changes nothing."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, FileSystemLoader
from sqlalchemy import select
from werkzeug.routing import Map, UnicodeConverter

from project.extensions import Model, db
from tests import kept_rows
from tests.apps import EMPTIED_ANEW, close, empty, make_app, restore
from tests.compiled import KeptRule, KeptTemplates
from tests.factories import make_process, make_task, make_tick, make_user
from tests.kept_rows import made_once
from tests.project.gallery import Gallery, make_gallery
from tests.project.routes import everything
from workers.monitor.models import QueueState, WorkerProcess


def test_an_emptied_database_is_as_good_as_new_each_time(postgres_url: str) -> None:
    app = make_app(postgres_url)
    ids = []
    for _ in range(EMPTIED_ANEW + 1):
        with app.app_context():
            ids.append((make_user("ada").id, make_task().id))
        # What a test leaves open would be waited for.
        close(app)
        empty(postgres_url)

    assert set(ids) == {(1, 1)}


def emptied(app: Flask, request: pytest.FixtureRequest) -> Flask:
    """The app, its database as good as new again."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if url.startswith("sqlite"):
        restore(request.getfixturevalue("sqlite_template"), url)
    else:
        empty(url)
    return app


def test_rows_that_are_put_back_are_those_that_were_made(app: Flask, request: pytest.FixtureRequest) -> None:
    def make(app: Flask) -> Gallery:
        return make_gallery(app)

    made, rows = made_once(app, make), everything(app)
    again, rows_again = made_once(emptied(app, request), make), everything(app)

    assert again is made
    assert all(rows[name] for name in Model.metadata.tables)
    assert rows_again == rows
    with app.app_context():
        assert make_process().id == made.paused + 1


def test_what_was_heard_just_now_is_put_back_as_heard_just_now(app: Flask, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(app: Flask) -> None:
        make_gallery(app)

    hours = count()
    monkeypatch.setattr(kept_rows, "monotonic", lambda: next(hours) * 3600)
    heard = []
    for _ in range(2):
        made_once(emptied(app, request), make)
        with app.app_context():
            heard.append([*db.session.scalars(select(WorkerProcess.heartbeat_at)), *db.session.scalars(select(QueueState.seen_at))])

    assert [(later - at).total_seconds() for at, later in zip(*heard, strict=True)] == [3600] * 4


@pytest.mark.parametrize("other", [make_user, make_tick])
def test_rows_are_put_beside_no_others(app: Flask, request: pytest.FixtureRequest, other: Callable[[], object]) -> None:
    def make(app: Flask) -> None:
        with app.app_context():
            make_user()

    made_once(app, make)
    with emptied(app, request).app_context():
        other()

    with pytest.raises(AssertionError, match="not empty"):
        made_once(app, make)


def test_a_kept_template_that_was_edited_is_compiled_anew(tmp_path: Path) -> None:
    kept, page = KeptTemplates(), tmp_path / "page.html"
    shown = []
    for text in ("one", "two", "two"):
        page.write_text(text)
        shown.append(Environment(loader=FileSystemLoader(tmp_path), autoescape=True, bytecode_cache=kept).get_template("page.html").render())

    assert shown == ["one", "two", "two"]


def test_the_addresses_of_a_kept_route_are_those_of_its_own_app() -> None:
    # Given two apps that mean something else by the same converter
    class Loud(UnicodeConverter):
        def to_url(self, value: object) -> str:
            return str(value).upper()

    plain = Map([KeptRule("/notes/<name>", endpoint="note")])
    loud = Map([KeptRule("/notes/<name>", endpoint="note")], converters={"default": Loud})

    assert [each.bind("").build("note", {"name": "a", "q": "b"}) for each in (plain, loud, plain)] == ["/notes/a?q=b", "/notes/A?q=b", "/notes/a?q=b"]
