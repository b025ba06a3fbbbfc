"""`python -m tests.workers.results.stuck URL`: a worker that begins a sum, says so, and never ends it."""

import sys
import threading

from tests.workers.results.company import at_work, rabbit_broker


def main() -> None:
    """Work until killed."""
    broker = rabbit_broker(sys.argv[1])

    def get_stuck(*_args: object) -> None:
        print("begun", flush=True)
        threading.Event().wait()

    broker.get_actor("add").fn = get_stuck
    with at_work(broker):
        threading.Event().wait()


if __name__ == "__main__":
    main()
