"""`cp dockr/.env.example dockr/.env && docker-compose up -d`: a working site that follows one's edits and survives what kills its parts.

The tests use one stack, one after another, and each leaves it healthy.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.compose.stack import Stack, run
from tests.forms import send_form
from tests.waiting import wait_until

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.compose
HOME = "project/templates/home.html"
HEALTH = "project/health.py"
WORKER = "workers/main.py"


@pytest.fixture(scope="module")
def stack(copy: Path) -> Iterator[Stack]:
    """The stack as a newcomer brings it up, with a superuser who is logged in."""
    stack = Stack(copy)
    with stack.up():
        stack.flask("accounts", "create-superuser", "prompter", typed=PASSWORD + "\n")
        stack.post("/accounts/login", form_at="/accounts/login", username="prompter", password=PASSWORD)
        yield stack


def make_tasks(stack: Stack, count: int) -> None:
    """Put so many Tasks into the database; by the site's form they would take a minute."""
    columns = "title, lower_limit, upper_limit, created_by, created_at, updated_at"
    stack.sql(f"INSERT INTO tasks ({columns}) SELECT 'Task ' || n, -n, n, 1, now(), now() FROM generate_series(1, {count}) n")


def launch(stack: Stack) -> int:
    """Launch a tick by hand; its id."""
    before = last_tick(stack)
    stack.post("/workers/schedule/launch", form_at="/workers/schedule/", schedule="generate_random_numbers")
    wait_until(lambda: last_tick(stack) > before, within=60, every=0.5)
    return last_tick(stack)


def last_tick(stack: Stack) -> int:
    """The newest tick launched by hand; 0 for none."""
    ((found,),) = stack.sql("SELECT coalesce(max(id), 0) FROM ticks WHERE schedule = 'manual'")
    return int(found)


def progress(stack: Stack, tick: int) -> tuple[str, int, int]:
    """A tick's state, how many numbers it has, and for how many Tasks."""
    ((state, results, tasks),) = stack.sql(
        f"SELECT state, (SELECT count(*) FROM task_results WHERE tick_id = {tick}),"
        f" (SELECT count(DISTINCT task_id) FROM task_results WHERE tick_id = {tick}) FROM ticks WHERE id = {tick}"
    )
    return state, int(results), int(tasks)


def all_tasks(stack: Stack) -> int:
    """How many Tasks there are."""
    ((found,),) = stack.sql("SELECT count(*) FROM tasks")
    return int(found)


def has_finished(stack: Stack, tick: int) -> bool:
    """Whether the tick is finished."""
    return progress(stack, tick)[0] == "finished"


def is_half_way(stack: Stack, tick: int) -> bool:
    """Whether the tick has some of its numbers."""
    return progress(stack, tick)[1] > 0


def assert_one_number_a_task(stack: Stack, tick: int) -> None:
    """The tick finishes with exactly one number for each Task."""
    wait_until(lambda: has_finished(stack, tick), within=300, every=1)
    assert progress(stack, tick) == ("finished", all_tasks(stack), all_tasks(stack))


def published(stack: Stack, service: str) -> set[tuple[str, str]]:
    """Where a service's ports are published: the host's address and port."""
    ports = stack.container(service)["NetworkSettings"]["Ports"]
    return {(binding["HostIp"], binding["HostPort"]) for bindings in ports.values() for binding in bindings or ()}


def test_all_four_get_healthy(stack: Stack) -> None:
    assert stack.is_healthy()


def test_only_the_site_is_open_to_the_network(stack: Stack) -> None:
    assert published(stack, "db") == published(stack, "worker") == set()
    assert {address for address, _port in published(stack, "mq")} == {"127.0.0.1"}
    assert "0.0.0.0" in {address for address, _port in published(stack, "web")}


def test_the_management_page_takes_the_example_s_password(stack: Stack) -> None:
    answer = requests.get("http://127.0.0.1:15672/api/queues/rabbitmq/numbers", auth=("rabbitmq", "rabbitmq"), timeout=10)

    assert answer.json()["consumers"] > 0


def test_somebody_registers_and_logs_in(stack: Stack) -> None:
    visitor = requests.Session()
    send_form(visitor, stack.url, "/accounts/register", "/accounts/register", username="ada", password=PASSWORD, repeat=PASSWORD)
    visitor.cookies.clear()

    send_form(visitor, stack.url, "/accounts/login", "/accounts/login", username="ada", password=PASSWORD)

    assert "Hello, ada" in visitor.get(stack.url, timeout=10).text


def test_a_tick_gives_each_task_one_number_and_the_worker_drew_them(stack: Stack) -> None:
    for number in range(1, 4):
        stack.post("/tasks/new/", form_at="/tasks/new/", title=f"Task {number}", lower_limit=f"-{number}", upper_limit=str(number))

    tick = launch(stack)

    assert_one_number_a_task(stack, tick)
    drawn = [line for line in stack.compose("logs", "--no-color", "worker").splitlines() if "generate_random_number" in line and "outcome=done" in line]
    assert len(drawn) >= 3


def test_an_edited_template_is_live(stack: Stack) -> None:
    stack.edit(HOME, "Hello, {{", "A good day, {{")

    wait_until(lambda: "A good day, prompter" in stack.get("/"), within=30)


def test_an_edited_python_file_is_live_on_the_site(stack: Stack) -> None:
    stack.edit(HEALTH, '"alive"', '"alive and edited"')

    wait_until(lambda: "alive and edited" in stack.get("/healthz"), within=60)


def test_an_edited_python_file_is_live_in_the_worker(stack: Stack) -> None:
    stack.edit(WORKER, "dramatiq.set_broker(broker_of(app))", 'dramatiq.set_broker(broker_of(app))\nprint("the edited worker", flush=True)')

    wait_until(lambda: "the edited worker" in stack.compose("logs", "worker"), within=60, every=0.5)
    wait_until(stack.is_healthy, within=120, every=1)


def test_a_syntax_error_ends_no_container_and_the_next_good_edit_heals_it(stack: Stack) -> None:
    started = [stack.container(service)["State"]["StartedAt"] for service in ("web", "worker")]
    stack.edit(HEALTH, '"alive and edited"', '"alive and edited')
    wait_until(lambda: all("SyntaxError" in stack.compose("logs", service) for service in ("web", "worker")), within=60, every=0.5)

    stack.edit(HEALTH, '"alive and edited', '"alive and healed"')

    wait_until(lambda: "alive and healed" in stack.get("/healthz"), within=60)
    wait_until(stack.is_healthy, within=120, every=1)
    assert [stack.container(service)["State"]["StartedAt"] for service in ("web", "worker")] == started


@pytest.mark.parametrize("service", ["web", "worker", "db", "mq"])
def test_a_service_killed_in_the_middle_of_a_tick_comes_back_and_nothing_is_lost_or_doubled(stack: Stack, service: str) -> None:
    make_tasks(stack, 20_000 - all_tasks(stack))
    tick = launch(stack)
    wait_until(lambda: is_half_way(stack, tick), within=60, every=0.2)
    started = stack.container(service)["State"]["StartedAt"]

    stack.kill(service)

    wait_until(lambda: stack.container(service)["State"]["StartedAt"] != started, within=60, every=0.5)
    wait_until(stack.is_healthy, within=180, every=1)
    assert_one_number_a_task(stack, tick)


def test_a_worker_process_that_dies_ends_its_container_which_is_started_again(stack: Stack) -> None:
    started = stack.container("worker")["State"]["StartedAt"]

    stack.kill_a_worker_process()

    wait_until(lambda: stack.container("worker")["State"]["StartedAt"] != started, within=60, every=0.5)
    wait_until(stack.is_healthy, within=120, every=1)


def test_two_webs_and_three_workers_share_the_work_and_each_slot_runs_once(stack: Stack) -> None:
    # Given a slot every 10 seconds, and new containers that start together
    stack.sql("DELETE FROM tasks WHERE id > 3000")
    stack.set(GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE="10")
    slots = "SELECT slot, count(*) FROM ticks WHERE schedule = 'generate_random_numbers' AND state = 'finished' GROUP BY slot"
    before = len(stack.sql(slots))
    stack.compose("stop", "web", "worker")
    stack.compose("rm", "--force", "web", "worker")

    stack.compose("up", "-d", "--scale", "web=2", "--scale", "worker=3")

    wait_until(lambda: stack.is_healthy(web=2, worker=3), within=180, every=1)
    wait_until(lambda: len(stack.sql(slots)) >= before + 3, within=180, every=1)
    assert {count for _slot, count in stack.sql(slots)} == {"1"}
    workers = stack.containers("worker")
    assert len(workers) == 3
    assert all("outcome=done" in run("sh", "-c", f"docker logs {worker['Id']} 2>&1") for worker in workers)
    ports = [stack.compose("port", "--index", str(index), "web", "8000").strip().rpartition(":")[2] for index in (1, 2)]
    assert all(requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).ok for port in ports)


def test_down_and_up_keep_the_data(stack: Stack) -> None:
    stack.set(GENERATE_RANDOM_NUMBER_TASKS_SCHEDULE="300")
    tasks = all_tasks(stack)

    stack.compose("down")
    stack.compose("up", "-d")

    wait_until(stack.is_healthy, within=180, every=1)
    assert all_tasks(stack) == tasks
    assert "prompter" in stack.get("/")
    assert_one_number_a_task(stack, launch(stack))
