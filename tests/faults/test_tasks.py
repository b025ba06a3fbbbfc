"""Tasks are deleted, changed or impossible in the middle of a tick."""

from tests.faults.cluster import USERNAME, Cluster
from tests.faults.conftest import MakeCluster
from tests.waiting import wait_until

CANNOT_BE_WRITTEN = r"draws: message \S+ can never be written|^Traceback"


def test_a_task_deleted_and_one_changed_in_the_middle_of_a_tick_leave_the_others_alone(cluster: Cluster) -> None:
    # Given a tick that has not come to its last Tasks
    tasks = 15_000
    cluster.log_in()
    cluster.add_tasks(tasks)
    cluster.wait_for_results(100)

    # When of these one is deleted and one changed
    deleted, changed = str(tasks - 1), str(tasks)
    cluster.post("/tasks/delete/", form_at="/tasks/", id=deleted)
    cluster.post(f"/tasks/edit/?id={changed}", form_at=f"/tasks/edit/?id={changed}", lower_limit="1000", upper_limit="1001", author=USERNAME)
    assert cluster.is_open(), "the tick was over before the Tasks were changed; give it more of them"

    # Then all but the deleted one have their number, the changed one's within the limits that are noted with it
    cluster.demand_whole()
    assert cluster.ask("SELECT lower_limit FROM tasks WHERE id = %s", changed) == [(1000.0,)]
    assert cluster.ask("SELECT count(*) FROM tasks") == [(tasks - 1,)]
    assert cluster.ask("SELECT count(*) FROM task_results WHERE task_id <> %s", deleted) == [(tasks - 1,)]


def test_a_tick_ends_without_a_task_whose_draw_always_fails_and_the_schedule_goes_on(make_cluster: MakeCluster) -> None:
    # Given one Task of many whose numbers PostgreSQL refuses
    cluster = make_cluster(GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE="3", MAX_UNFINISHED_TICKS="1000")
    cluster.ask("ALTER TABLE task_results ADD CONSTRAINT no_42 CHECK (task_id <> 42)")
    cluster.serve()
    cluster.work()
    cluster.wait_until_ready()

    # When the schedule launches one tick after another
    cluster.add_tasks(500)
    wait_until(lambda: cluster.states()[:3] == ["finished"] * 3)
    cluster.webs[0].stop()
    cluster.workers.stop()

    # Then each ends with all other numbers, and says so
    ended = cluster.ask("SELECT id, reason, failed FROM ticks ORDER BY id LIMIT 3")
    ticks = [tick for tick, _reason, _failed in ended]
    assert ended == [(tick, "1 failed for good", 1) for tick in ticks]
    drawn = "SELECT tick_id, count(*), count(DISTINCT task_id), bool_or(task_id = 42) FROM task_results WHERE tick_id <= %s GROUP BY tick_id ORDER BY tick_id"
    assert cluster.ask(drawn, ticks[-1]) == [(tick, 499, 499, False) for tick in ticks]
    assert cluster.ask("SELECT tick_id, key FROM message_failures WHERE tick_id <= %s ORDER BY tick_id", ticks[-1]) == [(tick, 42) for tick in ticks]
    cluster.demand_no_error(CANNOT_BE_WRITTEN)
