"""`python -m benchmarks.web.load`: many clients, in a process of their own. What to do comes as JSON by standard input, what it was like goes out as JSON."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected
from itertools import count

TIMEOUT = 300.0


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Load:
    """Each client asks for one request after the other, all over again, until the time is over and it has asked often enough."""

    port: int
    requests: Sequence[Request]
    clients: int
    seconds: float
    least: int = 1
    """Requests of each client, however long they take."""
    warm_up: int = 1
    """Requests of each client before what counts."""


@dataclass
class Answers:
    """How long each answer took, from sending the request to the last byte, and what it was."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    largest: int = 0
    """Bytes of a body as it travelled, compressed."""
    whole_seconds: float = 0.0


def run(load: Load) -> Answers:
    """The answers to all clients."""
    answers = Answers()
    ready, lock = threading.Barrier(load.clients), threading.Lock()

    def client(number: int) -> None:
        own, connection = Answers(), HTTPConnection("127.0.0.1", load.port, timeout=TIMEOUT)
        for turn in range(load.warm_up):
            ask(connection, load.requests[(number + turn) % len(load.requests)], Answers())
        ready.wait()
        end = time.monotonic() + load.seconds
        for turn in count():
            if turn >= load.least and time.monotonic() >= end:
                break
            # Not all the same at once, where there are several.
            ask(connection, load.requests[(7 * number + turn) % len(load.requests)], own)
        connection.close()
        with lock:
            answers.seconds += own.seconds
            answers.statuses += own.statuses
            answers.largest = max(answers.largest, own.largest)

    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(load.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.whole_seconds = time.monotonic() - began
    return answers


def ask(connection: HTTPConnection, request: Request, answers: Answers) -> None:
    """Ask once, and note the answer."""
    began = time.perf_counter()
    try:
        connection.request("GET", request.path, headers={"Accept-Encoding": "gzip", **request.headers})
        answer = connection.getresponse()
    except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
        # The server had just closed a connection that was kept; browsers too ask once more then.
        connection.close()
        connection.request("GET", request.path, headers={"Accept-Encoding": "gzip", **request.headers})
        answer = connection.getresponse()
    body = answer.read()
    answers.seconds.append(time.perf_counter() - began)
    answers.statuses[answer.status] += 1
    answers.largest = max(answers.largest, len(body))


def main() -> None:
    """As the process of its own."""
    asked = json.load(sys.stdin)
    load = Load(**{**asked, "requests": [Request(**request) for request in asked["requests"]]})
    json.dump(vars(run(load)), sys.stdout)


if __name__ == "__main__":
    main()
