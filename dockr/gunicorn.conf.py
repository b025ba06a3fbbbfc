"""How gunicorn serves the site: one process unless WEB_CONCURRENCY says more, and a clean end for what runs beside requests."""

import signal
import sys
from typing import Any

from project.settings import SettingsError, load_settings

try:
    bind = f"127.0.0.1:{load_settings().port}"
except SettingsError as fault:
    sys.exit(f"callboard: {fault}")

worker_class = "gthread"
threads = 8
graceful_timeout = 10
# The scheduler and the broker's threads would not survive a fork, so each process loads the app itself.
preload_app = False
# One socket a user, in the home folder: a second site on the host would fight for it, and nothing here asks it anything.
control_socket_disable = True


def worker_int(worker: Any) -> None:
    """Ctrl-C reaches this process twice, from the terminal and from gunicorn's master; the second would cut `worker_exit` short."""
    for signum in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(signum, signal.SIG_IGN)


def worker_exit(server: Any, worker: Any) -> None:
    """Stop the scheduler and the worker threads of a process that ends."""
    wsgi = sys.modules.get("project.wsgi")
    if serving := getattr(wsgi, "serving", None):
        serving.stop()
