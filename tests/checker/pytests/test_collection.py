"""What a run of pytest consists of is found in the course's files alone."""

from pathlib import Path

import pytest

from checker.exceptions import PluginExecutionFailed
from checker.provenance import Tree
from checker.pytests import collection
from checker.pytests.collection import TEST_FILES, configuration, course_files, file_patterns, rules_of


def tree(root: Path, files: dict[str, str], students: tuple[str, ...] = ()) -> Tree:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Tree(root, frozenset(root / name for name in students))


def test_a_students_tests_are_left_alone(tmp_path: Path) -> None:
    found = tree(tmp_path, {"task/test_a.py": "", "task/deep/b_test.py": "", "task/test_mine.py": "", "task/solution.py": ""}, ("task/test_mine.py",))

    assert course_files(tmp_path / "task", found, TEST_FILES) == [tmp_path / "task/deep/b_test.py", tmp_path / "task/test_a.py"]
    with pytest.raises(PluginExecutionFailed, match="no test files in task"):
        course_files(tmp_path / "task", Tree(tmp_path, frozenset(tmp_path.rglob("*"))), TEST_FILES)


@pytest.mark.parametrize(
    ("files", "students", "expected"),
    [
        ({"pytest.ini": ""}, (), "pytest.ini"),
        ({"pytest.ini": ""}, ("pytest.ini",), None),
        ({"task/pytest.ini": "", "pytest.ini": ""}, ("task/pytest.ini",), "pytest.ini"),
        ({"pyproject.toml": "[tool.black]\n"}, (), None),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, (), "pyproject.toml"),
        ({"setup.cfg": "[tool:pytest]\n", "tox.ini": "[tox]\n"}, (), "setup.cfg"),
        ({"tox.ini": "[pytest]\n"}, (), "tox.ini"),
        ({"tox.ini": "[pytest"}, (), None),
        ({}, (), None),
    ],
)
def test_the_configuration_is_the_courses_nearest(files: dict[str, str], students: tuple[str, ...], expected: str | None, tmp_path: Path) -> None:
    found = tree(tmp_path, {"task/test_a.py": "", **files}, students)

    assert configuration(tmp_path / "task", found) == (tmp_path / expected if expected else None)


@pytest.mark.parametrize(
    ("name", "text", "patterns"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py spec_*.py\n", ["check_*.py", "spec_*.py"]),
        ("pyproject.toml", '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\n', ["check_*.py"]),
        ("pytest.ini", "", list(TEST_FILES)),
    ],
)
def test_the_course_says_which_files_are_tests(name: str, text: str, patterns: list[str], tmp_path: Path) -> None:
    tree(tmp_path, {name: text})

    assert list(file_patterns(tmp_path / name)) == patterns


SOURCE = """
import pytest

@pytest.fixture
def test_data(): ...
def helper(): ...
def test_one(): ...
async def test_two(): ...
class TestThree:
    @pytest.mark.parametrize("x", [1, 2, 3])
    @pytest.mark.parametrize(("y", "z"), ((1, 2), (3, 4)))
    @pytest.mark.parametrize("w", [*range(9)])
    def test_four(self): ...
    def helper(self): ...
class TestWithConstructor:
    def __init__(self): ...
    def test_five(self): ...
class TestNot:
    __test__ = False
    def test_six(self): ...
class Base:
    def test_seven(self): ...
"""


def test_the_tests_that_a_module_certainly_has_are_expected() -> None:
    assert list(collection.tests_in(SOURCE)) == [("test_one", 1), ("test_two", 1), ("TestThree::test_four", 6)]
    assert list(collection.tests_in("def broken(:")) == []


def test_a_course_with_rules_of_its_own_is_expected_nothing_of(tmp_path: Path) -> None:
    file = tmp_path / "test_a.py"
    plain = tree(tmp_path, {"test_a.py": "def test_one(): ..."})
    assert rules_of([file], plain, None, tmp_path).expected == {"test_a.py::test_one"}

    own = tree(tmp_path, {"conftest.py": "collect_ignore = ['test_a.py']"})
    assert rules_of([file], own, None, tmp_path).expected == frozenset()

    two = "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_one(x): ..."
    assert rules_of([file], tree(tmp_path, {"test_a.py": two, "conftest.py": ""}), None, tmp_path).cases == {"test_a.py::test_one": 2}
    chooses = tree(tmp_path, {"conftest.py": "def pytest_collection_modifyitems(items): ..."})
    assert rules_of([file], chooses, None, tmp_path).cases == {}
    tree(tmp_path, {"test_a.py": "def test_one(): ..."})

    students = Tree(tmp_path, frozenset({tmp_path / "conftest.py"}))
    assert rules_of([file], students, None, tmp_path).expected == {"test_a.py::test_one"}


def test_only_a_file_that_speaks_of_skipping_may_skip(tmp_path: Path) -> None:
    found = tree(tmp_path, {"test_a.py": "import pytest\n@pytest.mark.skipif(True, reason='')\ndef test_one(): ...", "test_b.py": "def test_two(): ..."})

    assert rules_of([tmp_path / "test_a.py", tmp_path / "test_b.py"], found, None, tmp_path).skipping == {"test_a.py"}
