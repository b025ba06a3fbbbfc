"""The text of a config as a tree of nodes that know their lines, in YAML 1.1, as existing files expect.

Nothing is constructed from the tree here, and of what a tag may ask for only plain values are allowed. A file that is too large, too deep or, with its aliases
written out, too long is refused before anybody walks through it.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from courses.config.faults import ConfigFaults, Fault, whole_file

MAX_BYTES = 256 * 1024
"""A course of 100 groups with 20 tasks each takes 150 KiB."""
MAX_NODES = 30_000
"""Keys, values and containers, each alias counted as what it stands for."""
MAX_DEPTH = 30
LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""libyaml is ten times as fast, and comes with PyYAML's wheels."""
MERGE = "tag:yaml.org,2002:merge"
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "map", "seq")}
KEPT_CONTROLS = "\t\n\r"


def parse(data: bytes) -> Node:
    """The root of a file, which can be walked safely: bounded in size, no cycles, no duplicate keys, no control characters."""
    if len(data) > MAX_BYTES:
        raise whole_file(f"{len(data):,} bytes are too many, at most {MAX_BYTES:,} are read")
    try:
        root = _composed(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise whole_file(f"byte {error.start + 1} is not UTF-8; save the file in that encoding", line) from None
    except yaml.MarkedYAMLError as error:
        raise whole_file(_problem(error), _line(error.problem_mark)) from None
    except yaml.YAMLError as error:
        raise whole_file(f"not YAML: {' '.join(str(error).split())}") from None
    except (ValueError, OverflowError) as error:
        # An escape such as "\UFFFFFFFF", which the parser takes for a character.
        raise whole_file(f"not YAML: {error}") from None
    if root is None:
        raise whole_file("empty")
    _Bounds().measure(root)
    faults = list(_faults_of_nodes(root))
    if faults:
        raise ConfigFaults(faults)
    return root


def line_of(node: Node) -> int:
    """The line on which a node begins, from 1."""
    return _line(node.start_mark)


def pairs(mapping: Node) -> Sequence[tuple[Node, Node]]:
    """The keys and values of a mapping, those that it merges in (`<<`) last, where it does not have the key itself."""
    found: dict[object, tuple[Node, Node]] = {_identity(key): (key, value) for key, value in mapping.value if key.tag != MERGE}
    for key, value in mapping.value:
        if key.tag == MERGE:
            for source in _merged(value):
                for pair in pairs(source):
                    found.setdefault(_identity(pair[0]), pair)
    return list(found.values())


def entries(mapping: Node) -> Mapping[str, Node]:
    """The values of a mapping by key, as far as the keys are text."""
    return {key.value: value for key, value in pairs(mapping) if isinstance(key, ScalarNode)}


def _identity(key: Node) -> object:
    return (key.tag, key.value) if isinstance(key, ScalarNode) else key


def _merged(value: Node) -> Sequence[Node]:
    """What `<<` names: a mapping, or a list of them."""
    return value.value if isinstance(value, SequenceNode) else [value]


def _problem(error: yaml.MarkedYAMLError) -> str:
    return f"not YAML: {' '.join(part for part in (error.context, error.problem) if part)}"


def _line(mark: "yaml.Mark | yaml._yaml.Mark | None") -> int:
    return mark.line + 1 if mark else 1


def _too_deep(line: int) -> ConfigFaults:
    return whole_file(f"nested too deep, at most {MAX_DEPTH} levels are read", line)


def _too_long(line: int) -> ConfigFaults:
    return whole_file(f"too long: with its aliases written out it has more than {MAX_NODES:,} keys and values", line)


def _composed(text: str) -> Node | None:
    """The tree of a text that is neither too deep nor too long: the composer goes down by recursion, so that is looked at before."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=LOADER):
        nodes += isinstance(event, NodeEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _too_deep(_line(event.start_mark))
        if nodes > MAX_NODES:
            raise _too_long(_line(event.start_mark))
    return yaml.compose(text, Loader=LOADER)


class _Bounds:
    """How many nodes a tree has and how deep it is, aliases written out, without writing them out."""

    def __init__(self) -> None:
        self._sizes: dict[Node, tuple[int, int]] = {}
        self._open: set[Node] = set()

    def measure(self, node: Node) -> tuple[int, int]:
        """The number of nodes and the depth from a node on; a tree that is too large is refused.

        A container is measured once. It comes before its aliases, so the recursion is as deep as the text, which is bounded.
        """
        if isinstance(node, ScalarNode):
            return 1, 1
        if node in self._open:
            raise whole_file("an alias stands inside of what it stands for", line_of(node))
        if node not in self._sizes:
            self._open.add(node)
            measured = [self.measure(child) for child in _children(node)]
            self._open.remove(node)
            size = 1 + sum(size for size, _ in measured)
            depth = 1 + max((depth for _, depth in measured), default=0)
            if size > MAX_NODES:
                raise _too_long(line_of(node))
            if depth > MAX_DEPTH:
                raise _too_deep(line_of(node))
            self._sizes[node] = size, depth
        return self._sizes[node]


def _children(node: Node) -> Iterator[Node]:
    for child in node.value:
        if isinstance(node, MappingNode):
            yield from child
        else:
            yield child


def _faults_of_nodes(root: Node) -> Iterator[Fault]:
    """What no key of any section may have, known or not; each node once."""
    seen: set[Node] = set()
    waiting = [("the file", root)]
    while waiting:
        path, node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.tag not in PLAIN:
            yield Fault(line_of(node), path, f"the tag {node.tag.removeprefix('tag:yaml.org,2002:')} is not allowed, only plain values are")
        if isinstance(node, ScalarNode):
            yield from _faults_of_text(path, node)
        elif isinstance(node, MappingNode):
            yield from _faults_of_keys(path, node)
            waiting.extend((key_path, child) for key, value in node.value for key_path in [_below(path, key)] for child in (key, value))
        else:
            waiting.extend((f"{path}[{index}]", child) for index, child in enumerate(node.value))


def _below(path: str, key: Node) -> str:
    name = " ".join(key.value.split()) if isinstance(key, ScalarNode) else "?"
    return name if path == "the file" else f"{path}.{name}"


def _faults_of_text(path: str, node: ScalarNode) -> Iterator[Fault]:
    wrong = {character for character in node.value if character not in KEPT_CONTROLS and unicodedata.category(character) in ("Cc", "Cs")}
    if wrong:
        yield Fault(line_of(node), path.encode("ascii", "backslashreplace").decode(), f"the character {min(wrong)!a} cannot be kept")


def _faults_of_keys(path: str, mapping: MappingNode) -> Iterator[Fault]:
    """Keys that come twice, of which YAML would take the last in silence, and merges of what is no mapping."""
    first: dict[object, int] = {}
    for key, value in mapping.value:
        if key.tag == MERGE:
            if not all(isinstance(source, MappingNode) for source in _merged(value)):
                yield Fault(line_of(key), path, "<< merges mappings, and this is none")
        elif _identity(key) in first:
            yield Fault(line_of(key), _below(path, key), f"the key is there already, on line {first[_identity(key)]}")
        else:
            first[_identity(key)] = line_of(key)
