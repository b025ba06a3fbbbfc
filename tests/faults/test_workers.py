"""Worker processes and their master die or are told to stop in the middle of a tick."""

import os
import signal
from contextlib import ExitStack
from functools import partial

from tests.faults.cluster import BROKER_AWAY, Cluster
from tests.waiting import wait_until

KILLS = (1, 700, 50, 1500, 333, 2, 1024, 15, 999, 250)
"""Numbers that a tick has when a worker process is killed."""
WORKER_DIED = r"Worker with PID \d+ exited unexpectedly"
RESTARTING = "no worker is connected"
"""An alarm: looks of a whole minute found no worker. On a slow machine restarts take most of the time, and each look may fall into one."""
STOP_SECONDS = 10.0
CONSUMERS = 6
"""Of a worker process: three queues, and for each the one of what is delayed."""


def test_worker_processes_that_are_killed_ten_times_cost_no_number(cluster: Cluster) -> None:
    # Given ten ticks, the first of which the schedule launches
    cluster.log_in()
    cluster.add_tasks(12_000)

    # When one of two worker processes is killed in the middle of each
    for life, results in enumerate(KILLS, start=1):
        if life > 1:
            cluster.launch()
        cluster.wait_for_middle(partial(cluster.has_results, life, results))
        os.kill(cluster.workers.children()[life % 2], signal.SIGKILL)
        # Not before both are ready: for one that dies earlier Dramatiq's master waits 30 seconds.
        wait_until(partial(cluster.workers.has_said, "Worker process is ready", times=2 * (life + 1)))

    # Then each Task has its number in each of them
    cluster.demand_whole(f"{WORKER_DIED}|{RESTARTING}", ticks=len(KILLS))


def test_a_master_that_is_killed_costs_no_number(cluster: Cluster) -> None:
    cluster.add_tasks(15_000)
    cluster.wait_for_results(1000)

    # When it dies, and its worker processes stay beside those of the next
    os.kill(cluster.workers.pid, signal.SIGKILL)

    cluster.demand_whole()


def test_workers_that_are_told_to_stop_finish_what_they_began_and_give_back_the_rest(cluster: Cluster) -> None:
    # Given a tick in the middle, whose messages are all sent; for a second Dramatiq doesn't look whether it is to stop
    tasks = 60_000
    cluster.draw_a_part(tasks)

    # When the workers are told to stop
    code = cluster.workers.stop(within=STOP_SECONDS)

    # Then each message is either done or back in the queue, never both
    assert code == 0
    assert cluster.results() < tasks, "the tick was over before the workers stopped; give it more Tasks"
    assert cluster.queued() == {"numbers": tasks - cluster.results()}
    cluster.work()
    cluster.demand_whole()


def test_workers_that_are_told_to_stop_while_rabbitmq_is_away_end_though_a_message_can_not_be_acknowledged(cluster: Cluster) -> None:
    # Given a worker that looks for the numbers of a deleted Task, and has to wait for the database with it
    cluster.log_in()
    cluster.add_tasks(10)
    wait_until(lambda: cluster.states() == ["finished"])
    # One without numbers, for else more is to be deleted, and word of that fails in other ways.
    cluster.add_tasks(1)
    with ExitStack() as locks:
        locks.enter_context(cluster.results_locked())
        cluster.post("/tasks/delete/", form_at="/tasks/", id="11")
        wait_until(cluster.waits_for_table)

        # When RabbitMQ has been away for a while before it is done
        with cluster.rabbit.away():
            wait_until(partial(cluster.workers.has_said, BROKER_AWAY, times=4 * CONSUMERS))
            locks.close()

            # Then the workers end when they are told to
            assert cluster.workers.stop() == 0
