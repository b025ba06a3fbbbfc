"""A mapping of a config, read key by key. What is wrong is noted, and reading goes on, so that all faults are found at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from yaml.nodes import MappingNode, Node, SequenceNode

from courses.config.document import entries, line_of, pairs
from courses.config.faults import Fault
from courses.config.values import Unfit, is_null, shown

T = TypeVar("T")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Section:
    """The keys at a `path`; `faults` is shared by all sections of a file. Keys that nobody asks for are ignored."""

    node: MappingNode
    path: str = ""
    faults: list[Fault] = field(default_factory=list)

    def required(self, key: str, read: Callable[[Node], T], expected: str) -> T | None:
        """The value of a key that has to be there; None if it is not, or not what it should be, which is noted."""
        node = entries(self.node).get(key)
        if node is None or is_null(node):
            self.note(node or self.node, self.below(key), f"missing, expected {expected}")
            return None
        return self.read(node, self.below(key), read)

    def optional(self, key: str, read: Callable[[Node], T], default: D) -> T | D:
        """The value of a key that may be there; the default if it is not, is empty, or is not what it should be, which is noted."""
        node = entries(self.node).get(key)
        if node is None or is_null(node):
            return default
        value = self.read(node, self.below(key), read)
        return default if value is None else value

    def section(self, key: str, *, required: bool = False) -> "Section":
        """The mapping below a key. If it is missing or something else, that is noted, and an empty one stands for it whose own faults are nobody's."""
        node = self.required(key, mapping, "a mapping") if required else self.optional(key, mapping, None)
        if node is None:
            return Section(MappingNode(self.node.tag, [], self.node.start_mark), self.below(key), [])
        return Section(node, self.below(key), self.faults)

    def pairs(self) -> Sequence[tuple[Node, Node]]:
        """The keys and values of a section whose keys are the writer's own."""
        return pairs(self.node)

    def sections(self, key: str, *, required: bool = False) -> Iterator["Section"]:
        """The mappings in the list below a key; what else is in it is noted."""
        nodes = self.required(key, sequence, "a list") if required else self.optional(key, sequence, ())
        for index, node in enumerate(nodes or ()):
            path = f"{self.below(key)}[{index}]"
            found = self.read(node, path, mapping)
            if found is not None:
                yield Section(found, path, self.faults)

    def read(self, node: Node, path: str, read: Callable[[Node], T]) -> T | None:
        """What a reader makes of a node; None if it does not fit, which is noted."""
        try:
            return read(node)
        except Unfit as unfit:
            self.note(node, path, str(unfit))
            return None

    def note(self, node: Node, path: str, text: str) -> None:
        """Keep a fault of a node."""
        self.faults.append(Fault(line_of(node), path, text))

    def below(self, key: str) -> str:
        """The path of a key of this section."""
        return f"{self.path}.{key}" if self.path else key


def mapping(node: Node) -> MappingNode:
    """A mapping."""
    if not isinstance(node, MappingNode):
        raise Unfit(f"{shown(node)} is not a mapping")
    return node


def sequence(node: Node) -> tuple[Node, ...]:
    """The nodes of a list."""
    if not isinstance(node, SequenceNode):
        raise Unfit(f"{shown(node)} is not a list")
    return tuple(node.value)
