"""RabbitMQ dies, stands still, loses its queue or its messages in the middle of a tick."""

from collections.abc import Callable

import pika
import pytest

from tests.faults.cluster import BROKER_AWAY, Cluster, pass_time
from tests.faults.conftest import MakeCluster
from tests.waiting import wait_until

TASKS = 15_000
PAUSE_SECONDS = 20.0

moments = pytest.mark.parametrize("do_a_part", [Cluster.publish_a_part, Cluster.draw_a_part], ids=["publishing", "drawing"])


@moments
def test_rabbitmq_that_is_killed_costs_no_number(cluster: Cluster, do_a_part: Callable[[Cluster, int], None]) -> None:
    cluster.rabbit.sync()
    do_a_part(cluster, TASKS)

    cluster.rabbit.kill()
    cluster.rabbit.start()

    cluster.demand_whole(BROKER_AWAY)


@moments
def test_rabbitmq_that_stands_still_costs_no_number(cluster: Cluster, do_a_part: Callable[[Cluster, int], None]) -> None:
    do_a_part(cluster, TASKS)

    cluster.rabbit.pause()
    try:
        # Longer than a launcher and a worker wait for an answer.
        pass_time(PAUSE_SECONDS)
    finally:
        cluster.rabbit.resume()

    cluster.demand_whole(BROKER_AWAY)


@pytest.mark.parametrize("harm", ["queue_delete", "queue_purge"])
def test_a_queue_that_is_deleted_or_purged_by_hand_costs_time_and_no_number(cluster: Cluster, harm: str) -> None:
    cluster.draw_a_part(TASKS)

    with pika.BlockingConnection(pika.URLParameters(cluster.broker_url)) as connection:
        getattr(connection.channel(), harm)("numbers")

    # Then what went with it is published again, after half a minute of silence
    cluster.demand_whole(BROKER_AWAY)


def test_idling_past_the_heartbeat_is_no_error_and_the_next_tick_works_at_the_first_try(make_cluster: MakeCluster) -> None:
    # Given a site whose connections are closed after two missed heartbeats of a second, and that has had a tick
    cluster = make_cluster()
    cluster.set(BROKER_URL=cluster.broker_url + "?heartbeat=1")
    cluster.serve()
    cluster.work()
    cluster.wait_until_ready()
    cluster.log_in()
    cluster.add_tasks(100)
    wait_until(lambda: cluster.states() == ["finished"])

    # When it idles for several times as long
    pass_time(10)
    cluster.launch()

    # Then the next tick brings each number, and nobody had to try twice
    cluster.demand_whole(ticks=2)
    assert "WARNING" not in cluster.printed()
