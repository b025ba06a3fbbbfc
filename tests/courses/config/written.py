"""Configs written for a test: a valid one, and changes to it."""

from textwrap import dedent, indent

from courses.config.faults import ConfigFaults
from courses.config.model import CourseConfig, GroupConfig
from courses.config.reader import read_config

HEAD = """\
version: 1
ui:
  task_url_template: https://example.org/$TASK_NAME
deadlines:
  timezone: {zone}
  schedule:
"""


def course(schedule: str, zone: str = "Europe/Berlin") -> CourseConfig:
    """What a course with this schedule reads as."""
    return read_config((HEAD.format(zone=zone) + indent(dedent(schedule).strip("\n"), "    ") + "\n").encode())


def group(zone: str = "Europe/Berlin", **keys: str) -> GroupConfig:
    """What one group with these keys, written as YAML, reads as."""
    written = {"start": "2026-01-01 10:00", "end": "2026-02-01 10:00"} | keys
    return course("- group: G\n" + "".join(f"  {key}: {value}\n" for key, value in written.items()), zone).groups[0]


def faults_in(text: str | bytes) -> list[str]:
    """The faults that reading a text finds, in order; none if it can be read."""
    try:
        read_config(text if isinstance(text, bytes) else dedent(text).strip("\n").encode())
    except ConfigFaults as faults:
        return str(faults).split("\n")
    return []


def faults_of_group(**keys: str) -> list[str]:
    """The faults of one group with these keys."""
    try:
        group(**keys)
    except ConfigFaults as faults:
        return str(faults).split("\n")
    return []
