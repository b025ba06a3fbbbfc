"""What a worker has fetched is begun by priority, in the order in which it came, each by one thread."""

from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from random import uniform
from threading import Barrier, Event, Thread

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.app_fixtures import working
from tests.waiting import PATIENCE
from workers.work_queue import WorkQueue


@dataclass(frozen=True)
class Item:
    """What Dramatiq puts: something with a priority."""

    priority: int
    number: int = 0


def taken_from(queue: WorkQueue) -> list[Item]:
    """All that is in it, in the order in which it is given."""
    taken = []
    try:
        while True:
            taken.append(queue.get_nowait())
    except Empty:
        return taken


@given(st.lists(st.integers(-3, 3)))
def test_the_smaller_priority_goes_first_and_among_equals_the_one_that_came_first(priorities: list[int]) -> None:
    items = [Item(priority, number) for number, priority in enumerate(priorities)]
    queue = WorkQueue()

    for item in items:
        queue.put(item)

    # sorted() keeps the order of equals.
    assert taken_from(queue) == sorted(items, key=lambda item: item.priority)


def test_who_waits_gets_what_is_put_meanwhile() -> None:
    queue, taken = WorkQueue(), SimpleQueue[Item]()
    thread = Thread(target=lambda: taken.put(queue.get(timeout=PATIENCE)))
    thread.start()

    queue.put(Item(0))

    assert taken.get(timeout=PATIENCE) == Item(0)
    thread.join()


def test_who_waits_in_vain_is_told_so() -> None:
    with pytest.raises(Empty):
        WorkQueue().get(timeout=0.001)


def test_none_waits_beyond_its_time_when_another_takes_what_comes_just_then() -> None:
    queue, within = WorkQueue(), 0.002

    def take(ready: Barrier) -> None:
        ready.wait(PATIENCE)
        with suppress(Empty):
            queue.get(timeout=within)

    # It takes many tries to come so close: Python's own SimpleQueue leaves a thread waiting in every third.
    for _ in range(60):
        # Given two threads that wait
        ready = Barrier(3)
        threads = [Thread(target=take, args=(ready,), daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        ready.wait(PATIENCE)

        # When one item comes about when their time is up
        Event().wait(within * uniform(0.9, 1.1))
        queue.put(Item(0))

        # Then neither waits any longer
        for thread in threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
        taken_from(queue)


def test_of_many_threads_each_item_is_given_to_one() -> None:
    queue, taken = WorkQueue(), SimpleQueue[Item]()
    items = [Item(number % 3, number) for number in range(3000)]

    def take() -> None:
        for _ in range(500):
            taken.put(queue.get(timeout=PATIENCE))

    threads = [Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()

    for item in items:
        queue.put(item)
    for thread in threads:
        thread.join()

    assert sorted((taken.get_nowait() for _ in items), key=lambda item: item.number) == items
    assert taken.empty()
    assert taken_from(queue) == []


def test_joining_it_waits_until_all_that_was_put_is_done() -> None:
    queue, joined = WorkQueue(), SimpleQueue[int]()
    for number in range(2):
        queue.put(Item(0, number))

    def join() -> None:
        queue.join()
        joined.put(queue.unfinished_tasks)

    thread = Thread(target=join)
    thread.start()

    queue.get_nowait()
    queue.task_done()
    undone = queue.unfinished_tasks
    queue.get_nowait()
    queue.task_done()

    assert joined.get(timeout=PATIENCE) == 0
    assert undone == 1
    thread.join()


def test_an_apps_worker_has_one(app: Flask) -> None:
    with working(app) as worker:
        queues: list[object] = [worker.work_queue]
        queues += [thread.work_queue for thread in worker.workers]
        queues += [thread.work_queue for thread in worker.consumers.values()]

    assert isinstance(queues[0], WorkQueue)
    assert all(queue is queues[0] for queue in queues)
