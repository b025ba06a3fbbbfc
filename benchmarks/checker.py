"""`python -m benchmarks.checker`: how long `check` takes over many tasks, one after another and on all cores, and `export` over many files."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TASKS = 60
FILES = 1_000
TEST = "from solution import answer\n\n\ndef test_answer():\n    assert answer() == 42\n"
CONFIG = """\
version: 1
structure: {private_patterns: [".*"], public_patterns: ["test_*.py"]}
export: {destination: nowhere}
testing:
  tasks_pipeline:
    - name: Tests
      run: run_pytest
      args:
        origin: ${{ global.temp_dir }}/${{ task.task_sub_path }}
        target: .
        env_whitelist: [PATH, PYTEST_DISABLE_PLUGIN_AUTOLOAD]
"""


def write_course(folder: Path, tasks: int, files: int) -> None:
    """A course of Python tasks with a trivial test each, and so many more files in all."""
    names = [f"task_{number}" for number in range(tasks)]
    schedule = "\n".join(f"        - {{task: {name}, score: 1}}" for name in names)
    head = "version: 1\ndeadlines:\n  timezone: UTC\n  schedule:\n    - group: all\n      start: 2026-01-01 00:00\n      end: 2100-01-01 00:00\n      tasks:\n"
    (folder / "all").mkdir(parents=True)
    (folder / ".checker.yml").write_text(CONFIG)
    (folder / ".manytask.yml").write_text(f"{head}{schedule}\n")
    (folder / "all/.group.yml").touch()
    for number, name in enumerate(names):
        task = folder / "all" / name
        task.mkdir()
        (task / ".task.yml").touch()
        (task / "solution.py").write_text("def answer():\n    return 42\n")
        (task / "solution.py.template").write_text("def answer():\n    ...\n")
        (task / "test_public.py").write_text(TEST)
        for extra in range(number, files, tasks):
            (task / f"data_{extra}.txt").write_text(f"{extra}\n" * 100)


def seconds(*arguments: object) -> float:
    """How long a command of the checker takes, its start included."""
    # The plugins for pytest that the environment of development has take longer to load than all else.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "checker", *map(str, arguments)], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checker", description="Measure checker check and checker export.")
    parser.add_argument("--tasks", type=int, default=TASKS, help=f"tasks of the course (default: {TASKS})")
    parser.add_argument("--files", type=int, default=FILES, help=f"more files of the course (default: {FILES})")
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as place:
        course = Path(place) / "course"
        write_course(course, asked.tasks, asked.files)
        exported = seconds("export", course, Path(place) / "public")
        one, all_cores = seconds("check", course), seconds("check", course, "-p")
    print(f"export, {asked.files} files: {exported:.2f} s")
    print(f"check, {asked.tasks} tasks: {one:.1f} s one after another, {all_cores:.1f} s on {cores} cores, {one / all_cores:.2f} times as fast")


if __name__ == "__main__":
    main()
