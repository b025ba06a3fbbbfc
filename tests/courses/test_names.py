"""What a course may be called."""

import pytest

from courses.names import name_fault, reserved_words

RESERVED = reserved_words(["/", "/tasks/edit/", "/api/report", "/api/<name>/score", "/courses/new", "/<x>/y"])


def test_words_of_the_site_are_found_in_its_routes() -> None:
    assert {"tasks", "api", "courses", "report", "new"} == RESERVED


@pytest.mark.parametrize(("name", "right"), [("2026-spring", True), ("score", True), ("C.1_x", True), ("REPORT", False), ("-x", False), ("кино", False)])
def test_a_course_is_called_what_an_address_can_hold_and_the_site_does_not(name: str, right: bool) -> None:
    assert (name_fault(name, RESERVED) is None) == right
