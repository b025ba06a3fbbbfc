"""How gunicorn serves the site: one process unless WEB_CONCURRENCY says more, and a clean end for what runs beside requests."""

import signal
import sys
from typing import Any

from gunicorn.glogging import Logger

from project import logs
from project.settings import SettingsError, load_settings

try:
    settings = load_settings()
except SettingsError as fault:
    sys.exit(f"callboard: {fault}")

bind = f"127.0.0.1:{settings.port}"
# Which proxy is believed is TRUSTED_PROXIES' to say. gunicorn of its own would take https, SCRIPT_NAME and PATH_INFO from any peer on 127.0.0.1.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
worker_class = "gthread"
threads = 8
graceful_timeout = 10
# The scheduler and the broker's threads would not survive a fork, so each process loads the app itself.
preload_app = False
# One socket a user, in the home folder: a second site on the host would fight for it, and nothing here asks it anything.
control_socket_disable = True


class logger_class(Logger):  # noqa: N801  # gunicorn's name for the setting
    """gunicorn's own lines, in the format of all others. It keeps no log of requests: the site does, without paths and queries."""

    def setup(self, cfg: Any) -> None:
        """Hand the lines to the process's log, which also serves the master."""
        super().setup(cfg)
        logs.configure(production=settings.production)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def worker_int(worker: Any) -> None:
    """Ctrl-C reaches this process twice, from the terminal and from gunicorn's master; the second would cut `worker_exit` short."""
    for signum in (signal.SIGINT, signal.SIGQUIT):
        # Not SIG_IGN: Python would print a stack trace for a signal that has come and is ignored before its handler ran.
        signal.signal(signum, lambda _signum, _frame: None)


def worker_exit(server: Any, worker: Any) -> None:
    """Stop the scheduler and the worker threads of a process that ends."""
    wsgi = sys.modules.get("project.wsgi")
    if serving := getattr(wsgi, "serving", None):
        serving.stop()
