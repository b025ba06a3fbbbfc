"""`python -m tests.workers.results.client URL TTL`: a process that asks for a sum, says where it waits for it, and waits until it is killed."""

import sys
import threading

from tests.workers.results.company import ask, rabbit_broker


def main() -> None:
    """Ask, print the name of the reply queue, stay."""
    url, ttl = sys.argv[1:]
    asked = ask(rabbit_broker(url, queue_ttl=int(ttl)), "add", 1, 2)
    print(asked.options["reply_to"], flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
