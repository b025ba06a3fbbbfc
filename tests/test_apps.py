"""The tests' own apps: each database is as good as new, and what they keep of each other's work changes nothing."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from werkzeug.routing import Map, UnicodeConverter

from tests.apps import EMPTIED_ANEW, close, empty, make_app
from tests.compiled import KeptRule, KeptTemplates
from tests.factories import make_task, make_user


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
