"""Injections: no string that is sent to a filter, a search or a field is a fault of the site, and a list that is narrowed shows no row but those asked for."""

import csv
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import lines, read
from tests.project.content.attacks import INJECTIONS
from tests.project.content.probes import names_asked, request_of, superuser
from tests.project.gallery import Gallery
from tests.project.routes import VISITS, Visit

pytestmark = pytest.mark.no_cover

NARROW = {"text", "actor", "queue", "search", "who", "action", "object", "address", "request", "since", "until", "task", "author", "tick", "kind", "student"}
"""Parameters that leave rows out."""
DO_NOT = {
    # Which part of a list, in which order; which columns, whether staff too, and what is shown already.
    *("group", "everybody", "seen", "closed"),
    *("page", "page_size", "sort", "desc", "before", "after"),
    # Which version of a file.
    "v",
    # Which row, which run of it, and where to go afterwards.
    *("id", "run", "sent", "url", "next"),
    # A provider's answer.
    *("state", "code", "error"),
    # Which stretch of the past.
    "period",
    # By what one gets in.
    *("secret", "token"),
    # What a form begins with.
    *("of", "for"),
    # Flask-Admin's own.
    *("name", "query", "offset", "limit", "modal"),
}
OTHERWISE = {("schedule.index", "tick"), ("queues.purge", "queue"), ("actors.send", "actor")}
"""Where a parameter of that name leaves no rows out: it has something shown beside the list, or says to what something is done."""
GETS = [visit for visit in VISITS if visit.method == "GET"]
SHOWN = [visit for visit in GETS if visit.outcomes[-1] == 200]
BLANK = {"\0", "\r\n"}
"""What is as good as nothing typed."""


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL, which refuses more than SQLite does."""
    return postgres_url


def status_of(browser: FlaskClient, request: dict[str, Any]) -> int:
    """The answer's, once all of it is there."""
    answer = browser.open(**request)
    answer.get_data()
    answer.close()
    return answer.status_code


def shown(answer: TestResponse) -> int:
    """How many rows an answer shows; one that refuses shows none, a fault of the site is no answer."""
    assert answer.status_code < 500, answer.request.url
    if answer.status_code >= 400:
        return 0
    if answer.mimetype == "text/csv":
        return len(list(csv.reader(io.StringIO(answer.text)))) - 1
    if answer.mimetype == "application/json":
        return sum(len(part) for part in json.loads(answer.text).values() if isinstance(part, list))
    return len(lines(read(answer)))


def narrowing(visit: Visit, names: set[str]) -> set[str]:
    """Those of the parameters that leave rows out of a list."""
    return {name for name in names & NARROW if (visit.endpoint, name) not in OTHERWISE}


@pytest.mark.parametrize("visit", VISITS, ids=str)
def test_no_string_is_a_fault_of_the_site(app: Flask, gallery: Gallery, visit: Visit) -> None:
    names = names_asked(app, gallery, visit)
    if visit in SHOWN:
        # Below, the same strings are sent by these.
        names -= narrowing(visit, names)

    statuses: dict[tuple[str, str], int] = {}
    for name in names:
        browser = superuser(app, gallery)
        statuses |= {(name, text[:80]): status_of(browser, request_of(gallery, visit, {name: text})) for text in INJECTIONS}

    assert {at: status for at, status in statuses.items() if status >= 500} == {}


def test_of_each_parameter_it_is_known_whether_it_leaves_rows_out(app: Flask, gallery: Gallery) -> None:
    unknown = {str(visit): names_asked(app, gallery, visit) - NARROW - DO_NOT for visit in GETS}

    assert {visit: names for visit, names in unknown.items() if names} == {}


@pytest.mark.parametrize("visit", SHOWN, ids=str)
def test_a_list_that_is_narrowed_to_what_is_not_there_shows_nothing(app: Flask, gallery: Gallery, visit: Visit) -> None:
    names = narrowing(visit, names_asked(app, gallery, visit))
    browser = superuser(app, gallery)

    found = {(name, injection[:80]): shown(browser.open(**request_of(gallery, visit, {name: injection}))) for name in names for injection in INJECTIONS}

    assert not names or shown(browser.open(**request_of(gallery, visit, {})))
    assert {at: number for at, number in found.items() if number and at[1] not in BLANK} == {}
