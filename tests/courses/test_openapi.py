"""The API does what its OpenAPI description says, whatever it allows is sent."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from courses.api.description import DESCRIPTION, PATHS
from tests.courses.courses_api import Api, make_api

OPERATIONS = [(path, method) for path, methods in PATHS.items() for method in methods]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def api(app: Flask) -> Api:
    """A course that runs."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return make_api(app)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_the_description_allows_is_answered_as_it_says(app: Flask, api: Api, path: str, method: str) -> None:
    operation = schemathesis.openapi.from_wsgi("/api/openapi.json", app)[path][method.upper()]

    @given(case=operation.as_strategy())
    @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def holds(case: Any) -> None:
        if "course" in case.path_parameters:
            case.path_parameters["course"] = "algo"
        case.call_and_validate(headers=api.headers, checks=CHECKS)

    holds()


def test_each_address_under_a_course_is_described(app: Flask, api: Api) -> None:
    described = {(re.sub(r"\{course\}", "<name>", path).replace("{batch_id}", "<int:batch_id>"), method.upper()) for path, method in OPERATIONS}
    ours = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("courses_api.")]
    routes = {(rule.rule, method) for rule in ours if "<name>" in rule.rule for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}

    assert routes - described == {("/api/<name>/healthcheck", "GET")}
    assert api.client.get("/api/openapi.json").json == DESCRIPTION
