"""`python -m benchmarks.publisher MODULE TICK`: a message for each Task by a peer's `publish`, and on standard output what it took, as JSON."""

import importlib
import json
import os
import sys
import time

from benchmarks import job, measure


def main(module: str, tick: str) -> None:
    """Publish, say so, and do what the peer does afterwards: wait for results, close its connection."""
    peer = importlib.import_module(module)
    with job.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM tasks ORDER BY id")
        task_ids = [task_id for (task_id,) in cursor]
    # Its connection to the broker is a part of the first message, as it is for Callboard.
    began, cpu = time.monotonic(), time.process_time()
    finish = peer.publish(task_ids, int(tick))
    took = {"began": began, "ended": time.monotonic(), "cpu_seconds": time.process_time() - cpu, "peak_megabytes": measure.peak_megabytes([os.getpid()])}
    print(json.dumps(took), flush=True)
    finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
