"""Runs in a sandbox of its own, as a program: the student's modules, asked for by the tests through a socket.

It sees neither the tests nor the run's nonce. Whatever it answers is a value, never a verdict.
"""

import importlib
import json
import os
import site
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
from checker.pytests.wire import Ended, decode, encode, receive, send

sys.path.pop(0)


class Solution:
    """The student's objects that the tests hold references to."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.objects: dict[int, Any] = {}

    def serve(self) -> None:
        """Answer until the tests are through."""
        while True:
            send(self.channel, self.answer(receive(self.channel)))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked; whatever that raises is the answer."""
        try:
            args = [decode(value, self.resolve) for value in request.get("args", [])]
            names = {name: decode(value, self.resolve) for name, value in request.get("names", {}).items()}
            value = encode(self.do(request, args, names), self.refer)
            after = [encode(arg, self.refer) if type(arg) in (list, dict, set, bytearray) else None for arg in args]
            return {"value": value, "after": after}
        except Ended:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a solution raises is for the tests to see.
            return {"error": self.refer(type(error)), "args": [self.plain(arg) for arg in error.args], "text": str(error)}

    def do(self, request: dict[str, Any], args: list[Any], names: dict[str, Any]) -> Any:
        """The one thing that a request asks for."""
        if request["do"] == "import":
            sys.path[:0] = [path for path in request["path"] if path not in sys.path]
            return importlib.import_module(request["name"])
        target = self.objects[request["of"]]
        match request["do"]:
            case "get":
                return getattr(target, request["name"])
            case "set":
                return setattr(target, request["name"], args[0])
            case "call":
                return target(*args, **names)
            case "dir":
                return dir(target)
            case "special":
                method = getattr(type(target), request["name"], None)
                if method is None:
                    raise TypeError(f"{type(target).__name__} has no {request['name']}")
                result = method(target, *args)
                if result is NotImplemented:
                    raise TypeError(f"{request['name']} does not go with {type(args[0]).__name__}")
                return result
        raise ValueError(request["do"])

    def refer(self, value: Any) -> list[Any]:
        """A reference to an object of the student's; an exception's class goes by its name and its ancestors'."""
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["exception", value.__module__, value.__qualname__, [ancestor.__name__ for ancestor in value.__mro__ if ancestor.__module__ == "builtins"]]
        if isinstance(value, Callback):
            return ["yours", value.number]
        self.objects[id(value)] = value
        return ["mine", id(value), type(value).__name__, repr(value)[:200] if isinstance(value, type) else ""]

    def plain(self, value: Any) -> list[Any]:
        """An exception's argument, as text if it is nothing plain."""
        return encode(value, lambda other: ["str", str(other)])

    def resolve(self, reference: list[Any]) -> Any:
        """What a reference of the tests' stands for: an object of here, a function of theirs, or an exception of Python's own."""
        match reference:
            case ["yours", int(number)]:
                return self.objects[number]
            case ["mine", int(number)]:
                return Callback(self, number)
        raise ValueError(reference)


class Callback:
    """A function of the tests', which is called over there."""

    def __init__(self, solution: Solution, number: int) -> None:
        self.solution = solution
        self.number = number

    def __call__(self, *args: Any, **names: Any) -> Any:
        """Ask the tests to call it, and answer them meanwhile."""
        solution = self.solution
        sent = {"args": [encode(arg, solution.refer) for arg in args], "names": {name: encode(arg, solution.refer) for name, arg in names.items()}}
        send(solution.channel, {"call": self.number, **sent})
        while "do" in (message := receive(solution.channel)):
            send(solution.channel, solution.answer(message))
        if "raised" in message:
            raise RuntimeError(message["raised"])
        return decode(message["value"], solution.resolve)


def main() -> None:
    """Serve on the socket that the settings on stdin name, and end with it."""
    settings = json.loads(sys.stdin.buffer.read())
    if settings["installed"] is not None:
        site.addsitedir(settings["installed"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        Solution(socket.socket(fileno=settings["channel"])).serve()
    except Ended:
        os._exit(0)


if __name__ == "__main__":
    main()
