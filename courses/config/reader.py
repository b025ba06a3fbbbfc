"""Reads a `.manytask.yml`: all of it, or every fault in it."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from yaml.nodes import MappingNode, Node

from courses.config.dates import time_zone
from courses.config.document import entries, line_of, pairs, parse
from courses.config.faults import ConfigFaults, whole_file
from courses.config.model import CourseConfig
from courses.config.schedule import read_groups
from courses.config.section import Section, mapping, sequence
from courses.config.values import address, choice, name, not_negative, number, plain, shown, text, whole
from courses.deadlines import DeadlineKind
from courses.grades import Alternative, Formulas
from courses.statuses import CourseStatus

VERSION = 1
NO_ZONE = ZoneInfo("UTC")
"""What dates are read by where the zone is wrong, to find what else is."""


def read_config(data: bytes) -> CourseConfig:
    """The config in a file; ConfigFaults with everything that is wrong in it. Keys that mean nothing here are ignored."""
    root = parse(data)
    if not isinstance(root, MappingNode):
        raise whole_file(f"{shown(root)} is not a mapping with version, ui and deadlines", line_of(root))
    file = Section(root)
    config = _course(file)
    if file.faults:
        raise ConfigFaults(file.faults)
    return config


def _course(file: Section) -> CourseConfig:
    """The course, with something in place of what could not be read and is noted."""
    version = file.required("version", whole(), str(VERSION))
    if version not in (None, VERSION):
        file.note(entries(file.node)["version"], "version", f"{version} is not known, {VERSION} is")
    ui = file.section("ui", required=True)
    deadlines = file.section("deadlines", required=True)
    zone = deadlines.required("timezone", time_zone, 'a time zone, e.g. "Europe/Berlin"') or NO_ZONE
    return CourseConfig(
        task_url_template=ui.required("task_url_template", address, "the address of a task, with $GROUP_NAME and $TASK_NAME") or "",
        timezone=zone.key,
        groups=read_groups(deadlines, zone),
        status=file.optional("status", choice(CourseStatus), None),
        links=_links(ui.section("links")),
        kind=deadlines.optional("deadlines", choice(DeadlineKind), DeadlineKind.HARD),
        max_submissions=deadlines.optional("max_submissions", whole(1), None),
        submission_penalty=deadlines.optional("submission_penalty", not_negative, 0.0),
        window=deadlines.optional("window", whole(0), None),
        grades=_grades(file.section("grades").section("grades")),
        settings=file.optional("settings", plain, None),
        mr_review=file.optional("mr_review", plain, None),
    )


def _links(links: Section) -> Mapping[str, str]:
    """The addresses by title."""
    found = [(links.read(key, links.path, name), links.read(value, links.path, address)) for key, value in links.pairs()]
    return {title: link for title, link in found if title is not None and link is not None}


def _grades(grades: Section) -> Formulas:
    """The ways to each grade; without the section, none."""
    found: dict[int, tuple[Alternative, ...]] = {}
    for key, value in grades.pairs():
        grade = grades.read(key, grades.path, whole(0))
        if grade in found:
            grades.note(key, grades.path, f"the grade {grade} is there already")
        path = grades.below(str(grade))
        nodes = grades.read(value, path, sequence) or ()
        if grade is not None:
            found[grade] = tuple(_alternative(grades, node, f"{path}[{index}]") for index, node in enumerate(nodes))
    return found


def _alternative(grades: Section, node: Node, path: str) -> Alternative:
    """The minimums of one way to a grade."""
    below = grades.read(node, path, mapping)
    found = [(grades.read(key, path, text), grades.read(value, path, number)) for key, value in pairs(below)] if below else []
    return {asked: minimum for asked, minimum in found if asked is not None and minimum is not None}
