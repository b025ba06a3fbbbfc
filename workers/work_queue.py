"""What a worker has fetched and not begun: the smaller priority first, and among equals what came first.

Dramatiq keeps it in Python's heap, where each message of a thousand is compared with ten others, in Python and under the queue's lock.
"""

import threading
from collections import defaultdict, deque
from queue import SimpleQueue
from typing import Any

from dramatiq import Middleware, Worker
from dramatiq.broker import Broker


class WorkQueue:
    """As much of Python's queues as Dramatiq's workers ask for. From any thread."""

    def __init__(self) -> None:
        self._of_priority: defaultdict[int, deque[Any]] = defaultdict(deque)
        self._claims = SimpleQueue[None]()
        """As many as there are items: whoever has got one may take an item, and finds one."""
        self._all_done = threading.Condition()
        self.unfinished_tasks = 0
        """How many items were put of which nobody has said that they are done."""

    def put(self, item: Any) -> None:
        """Add an item, which has a priority."""
        with self._all_done:
            self.unfinished_tasks += 1
            self._of_priority[item.priority].append(item)
        self._claims.put(None)

    def get(self, timeout: float | None = None) -> Any:
        """Take the next item. Raises queue.Empty if there is none within so many seconds."""
        self._claims.get(timeout=timeout)
        return self._take()

    def get_nowait(self) -> Any:
        """Take the next item. Raises queue.Empty if there is none."""
        self._claims.get_nowait()
        return self._take()

    def task_done(self) -> None:
        """Say that an item that was taken is done."""
        with self._all_done:
            self.unfinished_tasks -= 1
            if not self.unfinished_tasks:
                self._all_done.notify_all()

    def join(self) -> None:
        """Wait until all that was put is done."""
        with self._all_done:
            self._all_done.wait_for(lambda: not self.unfinished_tasks)

    def _take(self) -> Any:
        while True:
            for priority in sorted(self._of_priority):
                try:
                    return self._of_priority[priority].popleft()
                except IndexError:
                    continue
            # Another thread has taken the item just looked for, and left one that came to a priority already passed by.


class WorkQueues(Middleware):
    """Gives such a queue to each worker of the broker."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Called before it has threads."""
        worker.work_queue = WorkQueue()  # type: ignore[assignment]  # Dramatiq says which of Python's queues it is, and asks for no more than this has
