"""print_info, which courses' own plugins import."""

import pytest

from checker.utils import print_info


def test_it_prints_to_stderr_in_any_colour_that_courses_use(capsys: pytest.CaptureFixture[str]) -> None:
    print_info("Building", 3, color="orange")
    print_info("part", end="", color="no such colour")
    print_info("OK", color="green")

    assert capsys.readouterr().err == "Building 3\npartOK\n"
