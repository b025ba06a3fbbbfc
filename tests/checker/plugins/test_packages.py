"""What a stage installs is there for the run's other stages, and nowhere else."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker import provenance
from checker.exceptions import PluginExecutionFailed
from checker.plugins import packages
from checker.plugins.folders import Folders, running
from checker.plugins.run_pytest import RunPytest
from checker.plugins.scripts import RunScriptPlugin
from tests.checker.isolation import require_bubblewrap

INSTALL = "python -m pip install --no-index --quiet ./made-1.0-py3-none-any.whl"
TEST = "import made\n\ndef test_made(answer):\n    assert answer == made.ANSWER\n"


def write_wheel(folder: Path) -> None:
    """A package with a command and a plugin for pytest."""
    with zipfile.ZipFile(folder / "made-1.0-py3-none-any.whl", "w") as wheel:
        info = "made-1.0.dist-info"
        wheel.writestr("made.py", "import pytest\nANSWER = 42\nanswer = pytest.fixture(lambda: ANSWER)\ndef main():\n    print(ANSWER)\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: made\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nsay-answer = made:main\nls = made:main\n[pytest11]\nmade = made\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """The tested tree of a run, with a task in it."""
    require_bubblewrap()
    place = Folders(tmp_path / "reference", tmp_path / "repository", tmp_path / "tree", tmp_path / "packages")
    for folder in (place.reference, place.repository, place.temporary / "task", tmp_path / "packages"):
        folder.mkdir(parents=True)
    write_wheel(place.temporary)
    (place.temporary / "task/test_made.py").write_text(TEST)
    with running(place):
        yield place.temporary


def script(origin: Path, command: str) -> str:
    return RunScriptPlugin().run({"origin": str(origin), "script": command}).output


def run_tests(tree: Path) -> str:
    return RunPytest().run({"origin": str(tree), "target": "task"}).output


def test_what_a_stage_installs_is_there_for_the_next_ones(tree: Path) -> None:
    provenance.record(tree, [])

    script(tree, INSTALL)

    assert script(tree / "task", "say-answer && python -c 'import made, pytest; print(made.ANSWER)'; ls") == "42\n42\ntest_made.py\n"
    assert run_tests(tree).endswith("1 of 1 tests passed")
    with pytest.raises(PluginExecutionFailed):
        script(tree, "echo raise SystemExit > \"$(python -c 'import made; print(made.__file__)')\"")
    assert packages.installed() is not None


def test_what_a_students_files_install_is_no_plugin_of_the_tests(tree: Path) -> None:
    (tree / "needed").write_text("./made-1.0-py3-none-any.whl\n")
    provenance.record(tree, [Path("needed")])

    script(tree, "cd . && pip install --no-index --quiet -r needed")

    with pytest.raises(PluginExecutionFailed) as failure:
        run_tests(tree)
    assert "FixtureLookupError" in failure.value.output


@pytest.mark.parametrize(
    ("command", "installs"),
    [
        ("pip install -r requirements.txt", True),
        ("python3 -m pip --quiet install -e .", True),
        (["pip3", "install", "x"], True),
        ("cd task && uv pip install .", True),
        ("python setup.py develop", True),
        ("poetry install", True),
        ("echo pipeline installed", False),
        ("python -m ruff check task", False),
        ("pip list", False),
    ],
)
def test_a_command_that_installs_is_known_by_its_words(command: str | list[str], installs: bool, tree: Path) -> None:
    assert (packages.installing(command, tree) is not None) is installs
