"""What a worker has fetched and not begun: the smaller priority first, and among equals what came first.

Dramatiq keeps it in Python's heap, where each message of a thousand is compared with ten others, in Python and under the queue's lock.
"""

import threading
from collections import defaultdict, deque
from queue import Empty
from typing import Any

from dramatiq import Middleware, Worker
from dramatiq.broker import Broker


class WorkQueue:
    """As much of Python's queues as Dramatiq's workers ask for. From any thread."""

    def __init__(self) -> None:
        self._of_priority: defaultdict[int, deque[Any]] = defaultdict(deque)
        # Not a SimpleQueue: of several threads that wait for it, one whose time is up just as another takes what came waits for ever (CPython 3.11).
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._all_done = threading.Condition(self._lock)
        self._waiting = 0
        """How many threads wait for an item."""
        self.unfinished_tasks = 0
        """How many items were put of which nobody has said that they are done."""

    def put(self, item: Any) -> None:
        """Add an item, which has a priority."""
        with self._lock:
            self.unfinished_tasks += 1
            self._of_priority[item.priority].append(item)
            if self._waiting:
                self._arrived.notify()

    def get(self, timeout: float | None = None) -> Any:
        """Take the next item. Raises queue.Empty if there is none within so many seconds."""
        item = self._taken()
        if item is None:
            with self._lock:
                self._waiting += 1
                item = self._arrived.wait_for(self._taken, timeout)
                self._waiting -= 1
        if item is None:
            raise Empty
        return item

    def get_nowait(self) -> Any:
        """Take the next item. Raises queue.Empty if there is none."""
        return self.get(timeout=0)

    def task_done(self) -> None:
        """Say that an item that was taken is done."""
        with self._lock:
            self.unfinished_tasks -= 1
            if not self.unfinished_tasks:
                self._all_done.notify_all()

    def join(self) -> None:
        """Wait until all that was put is done."""
        with self._lock:
            self._all_done.wait_for(lambda: not self.unfinished_tasks)

    def _taken(self) -> Any:
        """The next item, no longer in the queue; None if there is none. Without the lock: taking from a deque is one step."""
        for priority in sorted(self._of_priority):
            try:
                return self._of_priority[priority].popleft()
            except IndexError:
                continue
        return None


class WorkQueues(Middleware):
    """Gives such a queue to each worker of the broker."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Called before it has threads."""
        worker.work_queue = WorkQueue()  # type: ignore[assignment]  # Dramatiq says which of Python's queues it is, and asks for no more than this has
