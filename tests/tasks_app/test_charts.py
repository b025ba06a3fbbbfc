"""What is plotted of a Task's numbers: a line in the order of time and how often each range was hit, as plain JSON."""

import json
import sys
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tasks_app.charts import line_over_time, spread
from tasks_app.models import TaskResult
from tests.factories import NOON

numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=50)


def drawn(values: list[float]) -> list[TaskResult]:
    """Results with those numbers, drawn a minute apart, newest first as pages get them."""
    return [TaskResult(result=value, created_at=NOON + timedelta(minutes=minute)) for minute, value in enumerate(values)][::-1]


def test_a_line_names_each_draws_moment() -> None:
    line = line_over_time(drawn([2.0, 1.0]))

    assert line["labels"] == ["2026-11-21T12:00:00+00:00", "2026-11-21T12:01:00+00:00"]
    assert line["values"] == [2.0, 1.0]


@given(values=numbers)
def test_a_line_goes_through_every_number_in_the_order_of_time(values: list[float]) -> None:
    line = line_over_time(drawn(values))

    assert line["values"] == values
    assert all(earlier < later for earlier, later in pairwise(line["labels"]))


@given(values=numbers)
def test_a_spread_counts_every_number_under_a_label(values: list[float]) -> None:
    plot = spread(drawn(values))

    assert sum(plot["values"]) == len(values)
    assert len(plot["labels"]) == len(plot["values"])


def test_a_spread_labels_each_bin_with_its_edges() -> None:
    plot = spread(drawn([0.0, 12.0]))

    assert plot["labels"][0] == "0 … 1"
    assert plot["labels"][-1] == "11 … 12"


@given(values=numbers)
def test_a_plot_is_json_that_every_browser_reads(values: list[float]) -> None:
    results = drawn([*values, -sys.float_info.max, sys.float_info.max])

    for plot in (line_over_time(results), spread(results)):
        assert json.loads(json.dumps(plot, allow_nan=False)) == plot
