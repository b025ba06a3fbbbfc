"""Web processes die, are many, have wrong clocks or another interval."""

import os
import shutil
from pathlib import Path

import pytest

from tests.apps import WEEK
from tests.faults.cluster import NUMBERS, Cluster
from tests.faults.conftest import MakeCluster
from tests.waiting import wait_until

TAKEN_OVER_SECONDS = 30.0
WRONG_CLOCK = Path(__file__).parent / "wrong_clock"
INTERVAL = 8
"""Seconds between slots: few, but more than a beat takes on a busy machine, for a slot that nobody is free for until the next is not launched."""
FEW_TASKS = 20
SHORT_TICKS = {"GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE": str(INTERVAL), "MAX_UNFINISHED_TICKS": "1000"}


def test_another_web_process_takes_over_from_a_launcher_that_is_killed_between_two_pages(make_cluster: MakeCluster) -> None:
    # Given two gunicorns, and a tick that one of them publishes
    cluster = make_cluster()
    webs = [cluster.serve(), cluster.serve()]
    cluster.work()
    cluster.wait_until_ready()
    cluster.publish_a_part(30_000)
    launcher = next(web for web in webs if "tick 1: slot" in web.log())

    # When that one is killed
    launcher.kill()
    published = cluster.tick("published_key")
    assert cluster.is_publishing(), "the tick was all published before its launcher was killed; give it more Tasks"

    # Then another goes on in time
    wait_until(lambda: cluster.tick("published_key") > published, within=TAKEN_OVER_SECONDS)
    cluster.demand_whole()


def test_eight_web_processes_launch_each_of_ten_slots_once(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(WEB_CONCURRENCY="4", **SHORT_TICKS)
    cluster.serve()
    cluster.serve()
    cluster.work()
    cluster.wait_until_ready()

    cluster.add_tasks(FEW_TASKS)

    demand_slots(cluster, 10)


@pytest.mark.parametrize("offset", ["+10m", "-10m"], ids=["ahead", "behind"])
def test_a_web_process_with_a_wrong_clock_launches_no_slot_early_or_twice_and_loses_none(make_cluster: MakeCluster, offset: str) -> None:
    require_faketime()
    cluster = make_cluster(WEB_CONCURRENCY="1", **SHORT_TICKS)

    # Given a web process whose clock is wrong, which launches alone for a while
    cluster.serve(before=("faketime", "-f", offset), FAKETIME_DONT_FAKE_MONOTONIC="1", PYTHONPATH=str(WRONG_CLOCK))
    cluster.work()
    cluster.wait_until_ready()
    cluster.add_tasks(FEW_TASKS)
    wait_until(lambda: len(cluster.states()) >= 2)

    # When another joins it, whose clock is right
    cluster.serve()
    cluster.wait_until_ready()

    demand_slots(cluster, len(cluster.states()) + 2)


def test_an_interval_that_is_changed_while_a_tick_is_open_brings_no_slot_twice_and_loses_no_number(make_cluster: MakeCluster) -> None:
    # Given an open tick that nobody works
    cluster = make_cluster(MAX_UNFINISHED_TICKS="1000")
    web = cluster.serve()
    cluster.add_tasks(FEW_TASKS)
    wait_until(lambda: cluster.states() == ["drawing"])

    # When the interval becomes much shorter, and after some slots as long as it was
    web.stop()
    web = cluster.serve(GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE=str(INTERVAL))
    wait_until(lambda: len(cluster.states()) >= 3)
    web.stop()
    launched = len(cluster.states())
    cluster.serve(GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE=str(WEEK))
    cluster.work()

    # Then what was launched is finished, each slot is one of its interval's, and the week's is not launched again
    cluster.demand_whole(ticks=launched)
    slots = [slot for (slot,) in cluster.ask("SELECT extract(epoch FROM slot)::bigint FROM ticks ORDER BY id")]
    assert slots == sorted(set(slots))
    assert [slot % interval for slot, interval in zip(slots, (WEEK, *[INTERVAL] * (launched - 1)), strict=True)] == [0] * launched


def demand_slots(cluster: Cluster, number: int) -> None:
    """Wait for so many slots and demand of each that it was launched once, not before its time, and that none between them is missing."""
    wait_until(lambda: len(cluster.states()) >= number)
    for web in cluster.webs:
        web.stop()
    slots = [slot for (slot,) in cluster.ask("SELECT extract(epoch FROM slot)::bigint FROM ticks ORDER BY slot")]
    assert slots == list(range(slots[0], slots[0] + len(slots) * INTERVAL, INTERVAL))
    assert cluster.ask("SELECT id, slot, started_at FROM ticks WHERE started_at < slot OR started_at > slot + interval '%s s'", INTERVAL) == []
    begun = [line for line in cluster.printed().splitlines() if f"of {NUMBERS} begins" in line]
    assert len(begun) == len(slots)
    wait_until(lambda: cluster.results() == FEW_TASKS * len(slots))
    cluster.demand_each_number_once()
    cluster.demand_no_error()


def require_faketime() -> None:
    """Skip, or fail in CI, without the program that gives another a wrong clock."""
    if shutil.which("faketime"):
        return
    message = "needs the program faketime; Debian, Ubuntu: apt install faketime"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
