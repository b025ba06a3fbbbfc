"""Runs a command, and anew after each edit of a Python file: `python dockr/reload.py [--beside] COMMAND…`.

With `--beside` the new one loads while the old one ends, which takes workers some seconds: for commands that share no port.
A command that ends soon after an edit was broken by it: it stays down until the next edit. Any other end is handed on, for the
restart policy of the container.
"""

import signal
import subprocess  # nosec B404  # running programs is its whole point
import sys
import time
from threading import Event

from watchfiles import PythonFilter, watch

FOLDERS = ("accounts", "courses", "dockr", "migrations", "project", "reviews", "tasks_app", "workers")
SOON = 30.0
"""Seconds after an edit in which what it broke ends."""
STOPPING = 15.0
"""Seconds that a command may take to end in order."""


def run(command: list[str], stopping: Event, *, beside: bool) -> int:
    """Keep the command running until `stopping`, or until it ends through no edit; its exit code."""
    watched = watch(*FOLDERS, watch_filter=PythonFilter(), stop_event=stopping, rust_timeout=500, yield_on_timeout=True)
    # From here on it looks; an edit while the command starts would be lost otherwise.
    next(watched, None)
    process = start(command)
    excused_until = time.monotonic()
    broken = False
    try:
        for edits in watched:
            if edits:
                process = replace_beside(process, command) if beside else replace(process, command)
                excused_until = time.monotonic() + SOON
                broken = False
            elif process.poll() is not None and not broken:
                broken = time.monotonic() < excused_until
                if not broken:
                    break
                print(f"{command[0]} ended with exit code {process.returncode}, and waits for the next edit", flush=True)
    finally:
        stop(process)
    return process.returncode


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start the command, whose output goes where ours goes."""
    return subprocess.Popen(command)  # nosec B603  # the compose file's, no visitor's


def replace(process: subprocess.Popen[bytes], command: list[str]) -> subprocess.Popen[bytes]:
    """End the command, then start it anew."""
    stop(process)
    return start(command)


def replace_beside(process: subprocess.Popen[bytes], command: list[str]) -> subprocess.Popen[bytes]:
    """Start the command anew, and end the old one meanwhile."""
    successor = start(command)
    stop(process)
    return successor


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the command in order, or by force if it takes too long."""
    # Not SIGINT, which gunicorn's worker may notice a second later.
    process.terminate()
    try:
        process.wait(STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """Run what the arguments say, until SIGTERM."""
    command = sys.argv[1:]
    beside = command[:1] == ["--beside"]
    stopping = Event()
    signal.signal(signal.SIGTERM, lambda _signum, _frame: stopping.set())
    sys.exit(run(command[beside:], stopping, beside=beside))


if __name__ == "__main__":
    main()
