"""Reflected attacks: whatever a request carries, no answer takes it for markup, for a header or for an address."""

import pytest
from flask import Flask
from werkzeug.routing import BuildError

from tests.project.content.attacks import BREAKS_OUT, MARK, MARKUP
from tests.project.content.probes import faults_of, names_asked, request_of, superuser
from tests.project.gallery import Gallery
from tests.project.routes import VISITS, Visit

pytestmark = pytest.mark.no_cover

SPLITS_HEADERS = f"/x\r\n{MARK}: 1\r\n\r\n<img src={MARK} onerror=alert(1)>"
ATTACKS = (*MARKUP, SPLITS_HEADERS)
HEADERS = ("User-Agent", "Referer", "Origin", "Host", "Accept", "Accept-Language", "Authorization", "Cookie", "Content-Type", "X-Request-ID", "HX-Request")


@pytest.mark.parametrize(
    ("endpoint", "names"),
    [
        ("tasks.index_view", {"search", "sort", "desc", "page", "page_size"}),
        ("results.index", {"task", "author", "tick", "before"}),
        ("audit.export", {"who", "action", "object", "address", "request", "since", "until"}),
        ("accounts.login", {"next"}),
        ("users.details_view", {"id", "url"}),
    ],
)
def test_what_a_route_reads_is_found_out(app: Flask, gallery: Gallery, endpoint: str, names: set[str]) -> None:
    visit = next(visit for visit in VISITS if visit.endpoint == endpoint)

    assert names <= names_asked(app, gallery, visit)


@pytest.mark.parametrize("visit", VISITS, ids=str)
def test_no_answer_takes_a_parameter_for_markup_or_for_an_address(app: Flask, gallery: Gallery, visit: Visit) -> None:
    names = names_asked(app, gallery, visit)

    faults = {(name, attack): faults_of(superuser(app, gallery), **request_of(gallery, visit, {name: attack})) for name in names for attack in ATTACKS}

    assert {at: found for at, found in faults.items() if found} == {}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_answer_takes_a_part_of_the_path_for_markup(app: Flask, gallery: Gallery, attack: str) -> None:
    urls = {"/" + attack.lstrip("/")}
    for rule in app.url_map.iter_rules():
        try:
            urls |= {app.url_map.bind("").build(rule.endpoint, dict.fromkeys(rule.arguments, attack))} if rule.arguments else set()
        except (BuildError, ValueError):
            continue

    faults = {(url, method): faults_of(superuser(app, gallery), path=url, method=method) for url in urls for method in ("GET", "POST", "PUT")}

    assert len(urls) > 5
    assert {at: found for at, found in faults.items() if found} == {}


@pytest.mark.parametrize("header", HEADERS)
def test_no_answer_takes_a_header_for_markup(app: Flask, gallery: Gallery, header: str) -> None:
    pages = ("/", "/nowhere", "/accounts/sessions", "/accounts/login", "/reviews/api/authors", "/theme")
    headers = {header: BREAKS_OUT}

    faults = {(url, method): faults_of(superuser(app, gallery), path=url, method=method, headers=headers) for url in pages for method in ("GET", "POST")}

    assert {at: found for at, found in faults.items() if found} == {}


def test_the_page_for_a_form_that_has_expired_takes_nothing_for_markup(app: Flask, gallery: Gallery) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    visits = [visit for visit in VISITS if visit.method == "POST"]

    values = dict.fromkeys(("csrf_token", "url", "next"), BREAKS_OUT)
    faults = {str(visit): faults_of(superuser(app, gallery), **request_of(gallery, visit, values)) for visit in visits}

    assert {at: found for at, found in faults.items() if found} == {}
