"""Stands in the tests' process for modules of the student's that run in another: what the tests get is values, and handles on objects over there.

A handle does what Python asks of an object by asking the other process. It never equals a plain value: only an answer of an exact builtin type does.
"""

import builtins
import importlib.abc
import importlib.machinery
import socket
import sys
import types
from collections.abc import Sequence
from typing import Any

from checker.pytests.wire import Ended, decode, encode, receive, send

CONTAINER = ("len", "iter", "next", "reversed", "contains", "getitem", "setitem", "delitem", "enter", "exit", "bool", "str", "format")
NUMBER = ("int", "float", "complex", "index", "abs", "neg", "pos", "invert", "round", "lt", "le", "gt", "ge", "divmod")
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
FORWARDED = [f"__{name}__" for name in (*CONTAINER, *NUMBER, *BINARY, *(f"r{name}" for name in BINARY))]
"""What a handle asks its object to do; `__eq__` and `__hash__` are not among them."""
EXACT = {"__len__": int, "__bool__": bool, "__str__": str, "__format__": str, "__int__": int, "__float__": float, "__index__": int, "__complex__": complex}
EXACT |= {"__contains__": bool}
"""What Python, or the tests, take as an answer of these."""


class SolutionEnded(Exception):  # noqa: N818 - it is what the tests see.
    """The student's process ended before it answered."""


class Connection:
    """The tests' end of the socket."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.given: list[Any] = []
        """The tests' functions that the solution may call, and nothing else of theirs."""
        self.exceptions: dict[tuple[str, str], type[Exception]] = {}

    def ask(self, do: str, args: Sequence[Any] = (), names: dict[str, Any] | None = None, **facts: Any) -> Any:
        """Have something done over there: its value, or its exception. What it changes in lists, dicts and sets is changed here."""
        sent = [encode(arg, self.refer) for arg in args]
        try:
            send(self.channel, {"do": do, "args": sent, "names": {name: encode(arg, self.refer) for name, arg in (names or {}).items()}, **facts})
            while "call" in (message := receive(self.channel)):
                send(self.channel, self.call(message))
            if "error" in message:
                raise self.exception(message)
            for arg, after in zip(args, message["after"], strict=True):
                if after is not None:
                    update(arg, decode(after, self.resolve))
            return decode(message["value"], self.resolve)
        except (Ended, KeyError, IndexError, ValueError, TypeError, AttributeError, RecursionError) as error:
            if getattr(error, "of_the_solution", False):
                raise
            raise SolutionEnded("The solution's process ended, or does not answer as it should") from None

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """Call a function that the tests gave away."""
        try:
            function = self.given[message["call"]]
            args = [decode(arg, self.resolve) for arg in message["args"]]
            names = {str(name): decode(arg, self.resolve) for name, arg in message["names"].items()}
            return {"value": encode(function(*args, **names), self.refer)}
        except Exception as error:  # noqa: BLE001 - the solution is told, and may catch it.
            return {"raised": f"{type(error).__name__}: {error}"}

    def exception(self, message: dict[str, Any]) -> Exception:
        """An exception like the one that was raised over there."""
        kind = self.resolve(message["error"])
        arguments = [decode(arg, self.resolve) for arg in message["args"]]
        try:
            error = kind(*arguments)
        except Exception:  # noqa: BLE001 - some take arguments that they do not keep.
            error = RuntimeError(f"{kind.__name__}: {message['text']}")
        error.of_the_solution = True
        assert isinstance(error, Exception)
        return error

    def refer(self, value: Any) -> list[Any]:
        """A reference: to an object over there, or to a function or iterator of the tests'; nothing else is given away."""
        if type(value) is Handle:
            return ["yours", number_of(value)]
        if isinstance(value, types.ModuleType | type) or not (callable(value) or hasattr(value, "__next__")):
            raise GivenAway(f"A {type(value).__name__} can't be handed to a solution that runs apart: it takes plain values and functions")
        self.given.append(value if callable(value) else value.__next__)
        return ["mine", len(self.given) - 1]

    def resolve(self, reference: list[Any]) -> Any:
        """What a reference of the solution's stands for here."""
        match reference:
            case ["mine", int(number), str(kind), str()]:
                return Handle(self, number, kind)
            case ["yours", int(number)]:
                return self.given[number]
            case ["exception", str(module), str(name), [*ancestors]]:
                return self.exception_class(module, name, ancestors)
        raise ValueError(reference)

    def exception_class(self, module: str, name: str, ancestors: Sequence[str]) -> type[Exception]:
        """A class of this process for one over there; the student's own is a child of the nearest of Python's."""
        known = (getattr(builtins, str(ancestor), None) for ancestor in ancestors)
        parent = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
        if module == "builtins" and parent.__name__ == name:
            return parent
        return self.exceptions.setdefault((module, name), type(name.rpartition(".")[2], (parent,), {"__module__": module}))


class GivenAway(Exception):  # noqa: N818 - it says what must not be.
    """Something of the tests' would go over."""


def update(here: Any, after: Any) -> None:
    """Make a mutable argument what it became over there."""
    if type(here) is not type(after) or here == after:
        return
    here.clear()
    here.extend(after) if isinstance(here, list | bytearray) else here.update(after)


class Handle:
    """An object over there."""

    def __init__(self, connection: Connection, number: int, kind: str) -> None:
        object.__setattr__(self, "_Handle__facts", (connection, number, kind))

    def __getattr__(self, name: str) -> Any:
        """The object's attribute."""
        connection, number, _ = facts_of(self)
        return connection.ask("get", of=number, name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it over there."""
        connection, number, _ = facts_of(self)
        connection.ask("set", [value], of=number, name=name)

    def __call__(self, *args: Any, **names: Any) -> Any:
        """Call it."""
        connection, number, _ = facts_of(self)
        return connection.ask("call", args, names, of=number)

    def __eq__(self, other: object) -> bool:
        """Whether it is, or says that it equals, another object over there."""
        if type(other) is not Handle:
            return False
        connection, number, _ = facts_of(self)
        return number == number_of(other) or connection.ask("special", [other], of=number, name="__eq__") is True

    def __hash__(self) -> int:
        """Of the reference: equal objects over there may differ in it."""
        return hash(number_of(self))

    def __repr__(self) -> str:
        """What kind of object it is."""
        return f"<{facts_of(self)[2]} of the solution>"


def facts_of(handle: Handle) -> tuple[Connection, int, str]:
    """What a handle keeps to itself."""
    facts: tuple[Connection, int, str] = object.__getattribute__(handle, "_Handle__facts")
    return facts


def number_of(handle: Handle) -> int:
    """The handle's number over there."""
    return facts_of(handle)[1]


def forward(name: str) -> Any:
    """A special method that asks the object."""

    def method(self: Handle, *args: Any) -> Any:
        connection, number, kind = facts_of(self)
        if name == "__exit__":
            args = (None, None, None)
        if name == "__bool__":
            try:
                return connection.ask("special", args, of=number, name=name) is True
            except TypeError:
                return True
        value = connection.ask("special", args, of=number, name=name)
        if name in EXACT and type(value) is not EXACT[name]:
            raise TypeError(f"{name} of {kind} is a {type(value).__name__}")
        return value

    method.__name__ = name
    return method


for _name in FORWARDED:
    setattr(Handle, _name, forward(_name))


class Module(types.ModuleType):
    """A module of the student's."""

    def __getattr__(self, name: str) -> Any:
        """What it has of that name; what Python itself looks for in modules, it has not."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["_handle"], name)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that run apart, and keeps all other files of the student's out of this process."""

    def __init__(self, connection: Connection, names: Sequence[str], students: frozenset[str]) -> None:
        self.connection = connection
        self.names = names
        self.students = students

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """The module, if it runs apart; ImportError for another of the student's."""
        if fullname in self.names or fullname.rpartition(".")[2] in self.names:
            return importlib.machinery.ModuleSpec(fullname, self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin in self.students:
            raise ImportError(f"{fullname} is a file of the student's: only {', '.join(self.names)} can be tested, in a process of its own")
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty stand-in."""
        return Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Have it imported over there."""
        module.__dict__["_handle"] = self.connection.ask("import", name=module.__name__, path=[path for path in sys.path if path])
