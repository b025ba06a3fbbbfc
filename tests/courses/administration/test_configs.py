"""A config is looked at before it is loaded, and what is loaded is what was looked at."""

import re
from io import BytesIO

import pytest

from courses import drafts, loading
from courses.actors import preview_config, recompute_course
from project.tokens import digest
from tests.courses.administration.conftest import Desk
from tests.courses.courses_api import CONFIG
from tests.pages import Element, messages, read

NEW = CONFIG.replace("{task: sum, score: 10}", "{task: sum, score: 30}").replace("{task: gift", "{task: present")


def tables(page: Element) -> dict[str, list[list[str]]]:
    """The cells of each table of a page."""
    return {
        region.attributes["aria-label"].removesuffix(", table"): [[cell.text for cell in row.all("td")] for row in region.all("tr") if row.all("td")]
        for region in page.all("div", role="region")
    }


@pytest.fixture
def reported(desk: Desk) -> Desk:
    """With scores that a config changes."""
    desk.api.report("sum", score="0.5")
    desk.api.report("gift", "bob")
    return desk


def test_an_uploaded_config_shows_what_it_changes_and_who_moves_and_changes_nothing_yet(reported: Desk) -> None:
    before = reported.api.get("deadlines").json, reported.api.get("database").json

    page = read(reported.post("config", file=(BytesIO(NEW.encode()), ".manytask.yml")))

    shown = tables(page)
    assert ["points", "task sum", "10", "30"] in shown["Changes"]
    assert {("added", "task present"), ("removed", "task gift")} <= {(row[0], row[1]) for row in shown["Changes"]}
    assert shown["Who gains or loses"] == [["bob", "5", "0", "-5", "0"], ["alice", "5", "15", "+10", "0 → 3"]]
    assert (reported.api.get("deadlines").json, reported.api.get("database").json) == before


def test_exactly_the_config_that_was_looked_at_is_loaded(reported: Desk) -> None:
    reported.post("config", text=NEW.replace("\n", "\r\n"))

    page = reported.post("config/load", sha256=digest(NEW))

    assert messages(read(page)) == ["success: The config is loaded. Totals or grades that changed: 2."]
    assert (reported.api.row()["total_score"], reported.get("config/file").text) == (15, NEW)
    assert reported.post("config/load", sha256=digest(NEW)).request.path == "/courses/algo/config"


@pytest.mark.parametrize("meanwhile", ["another upload", "another config"])
def test_a_config_that_is_not_what_was_looked_at_any_more_is_looked_at_again(reported: Desk, meanwhile: str) -> None:
    reported.post("config", text=NEW)
    if meanwhile == "another upload":
        reported.post("config", text=NEW.replace("30", "40"))
    else:
        reported.api.load(CONFIG.replace("score: 10}", "score: 20}"))

    page = reported.post("config/load", sha256=digest(NEW))

    assert [text.partition(":")[0] for text in messages(read(page))][:1] == ["error"]
    assert reported.api.get("deadlines").json["tasks"][0]["score"] == (10 if meanwhile == "another upload" else 20)


def test_all_faults_are_told_at_once_with_their_lines_and_nothing_is_kept(reported: Desk) -> None:
    page = read(reported.post("config", text="version: 2\nui: {}\ndeadlines:\n  timezone: Mars\n"))

    (faults,) = page.all("section", id="faults")
    assert [re.findall(r"Line \d+", fault.text) for fault in faults.all("li")] == [["Line 1"], ["Line 2"], ["Line 4"], ["Line 4"]]
    assert reported.get("config/preview").status_code == 302


def test_a_finished_course_takes_no_config_and_says_so(reported: Desk) -> None:
    reported.api.load(CONFIG.replace("in_progress", "finished"))

    page = read(reported.post("config", text=NEW))

    assert "is finished" in page.all("section", id="faults")[0].text


def test_a_discarded_config_is_gone(reported: Desk) -> None:
    reported.post("config", text=NEW)

    reported.post("config/discard")

    assert reported.get("config/preview").status_code == 302
    assert len(reported.noted("course.config_discarded")) == 1


def test_of_many_people_workers_preview_and_load_and_the_pages_say_so(reported: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (drafts, loading):
        monkeypatch.setattr(module, "FEW", 1)

    waiting = reported.post("config", text=NEW)
    with reported.app.app_context():
        preview_config.function(1, digest(NEW))
    ready = reported.get("config/preview/state"), reported.get("config/preview")
    page = reported.post("config/load", sha256=digest(NEW))
    meanwhile = reported.api.row()["total_score"], reported.get("config/file").text
    with reported.app.app_context():
        recompute_course.function(1)

    assert "is being worked out as this config would have it" in " ".join(waiting.text.split())
    assert (ready[0].headers["HX-Refresh"], "Load it" in ready[1].text) == ("true", True)
    assert "A new config is being worked out" in " ".join(read(page).text.split())
    assert meanwhile == (5, CONFIG)
    assert (reported.api.row()["total_score"], reported.get("config/file").text) == (15, NEW)
    assert "worked out" not in reported.get("config").text
