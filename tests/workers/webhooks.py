"""A webhook that tests post alarms to: a real HTTP server, which answers as it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "T0P-5ECRET"


class Webhook:
    """What an operator's chat is to the site."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks/{TOKEN}"
        self.taken: list[dict[str, Any]] = []
        """The bodies of all requests, whatever they were answered."""
        self.status = 200
        self.before_answering: Callable[[], object] = lambda: None

    @property
    def ids(self) -> list[int]:
        """Which alarms came, in order."""
        return [body["id"] for body in self.taken]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook that takes all that comes, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hook.taken.append(body)
            hook.before_answering()
            self.send_response(hook.status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_line: object) -> None:
            """Say nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = Webhook(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()
