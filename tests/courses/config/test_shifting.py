"""A config for another year."""

import pytest

from courses.config.faults import ConfigFaults
from courses.config.shifting import shifted

CONFIG = """\
# Due dates: see 2025-01-01
version: 1
status: finished
ui: {task_url_template: "https://git.example/2025-09-07"}
defaults: &dates {start: 2025-09-07 10:00, end: '2026-01-01 00:00:00+03:00'}   # the usual
deadlines:
  timezone: Europe/Moscow
  schedule:
  - {group: one, <<: *dates, steps: {0.9: 7d, 0.5: "2025-12-31"}}
  - group: two   # 2025
    start: &start 2025-9-8
    steps:
      0.5: *start
    end: P12W
"""


def test_each_date_of_the_schedule_is_later_and_all_else_stays_to_the_byte() -> None:
    expected = CONFIG
    for old, new in {
        "status: finished": "status: hidden",
        "2025-09-07 10:00": "2026-09-06 10:00",
        "'2026-01-01": "'2026-12-31",
        '"2025-12-31"': '"2026-12-30"',
        "2025-9-8": "2026-09-07",
    }.items():
        expected = expected.replace(old, new)

    assert shifted(CONFIG.encode(), 364, "hidden") == expected
    assert shifted(b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode(), 364, "hidden") == expected.replace("\n", "\r\n")


def test_a_config_without_a_status_says_none_afterwards() -> None:
    text = CONFIG.replace("status: finished\n", "")

    assert shifted(text.encode(), 0, "hidden") == text.replace("2025-9-8", "2025-09-08")


def test_a_date_that_the_calendar_does_not_reach_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigFaults, match="Line 5"):
        shifted(CONFIG.replace("2025-09-07 10:00", "9998-09-07 10:00").encode(), 3660, "hidden")
