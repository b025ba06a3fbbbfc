"""Small courses for tests, written into a folder."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from checker.cli import main

PROBE = '''
import os
import time
from pathlib import Path

from checker.exceptions import PluginExecutionFailed
from checker.plugins import PluginABC, PluginOutput


class Probe(PluginABC):
    """Does what a test wants to see: says something, fails, looks at a file, waits for another task."""

    name = "probe"

    class Args(PluginABC.Args):
        say: str = ""
        fail: bool = False
        percentage: float = 1.0
        reads: Path | None = None
        wrong: str = ""
        meets: list[Path] = []
        crash: bool = False
        exits: bool = False

    def _run(self, args, *, verbose=False):
        if args.crash:
            raise ZeroDivisionError("a bug of the course's own plugin")
        if args.exits:
            os._exit(3)
        if args.meets:
            mine, other = args.meets
            mine.touch()
            deadline = time.monotonic() + 20
            while not other.exists():
                assert time.monotonic() < deadline, "the other task does not run at the same time"
                time.sleep(0.01)
        text = args.reads.read_text() if args.reads else args.say
        if args.fail or (args.wrong and args.wrong in text):
            raise PluginExecutionFailed("it is wrong", output=text, percentage=args.percentage)
        return PluginOutput(text, args.percentage)
'''

READS_SOLUTION = {"name": "Tests", "run": "probe", "args": {"reads": "${{ global.temp_dir }}/${{ task.task_sub_path }}/solution.py", "wrong": "wrong"}}

CHECKER = {
    "version": 1,
    "structure": {
        "ignore_patterns": [".git", "*.pyc", "__pycache__"],
        "private_patterns": [".*", "private_*", "tools"],
        "public_patterns": ["test_*", ".gitignore"],
    },
    "export": {"destination": "https://gitlab.example.org/course/public"},
    "testing": {"search_plugins": ["tools/plugins"], "tasks_pipeline": [READS_SOLUTION]},
}


def manytask(groups: Mapping[str, list[str]], **more: object) -> dict[str, object]:
    """A schedule that has begun and goes on."""
    schedule = [
        {"group": group, "start": "2026-01-01 00:00", "end": "2100-01-01 00:00", "tasks": [{"task": task, "score": 10} for task in tasks], **more}
        for group, tasks in groups.items()
    ]
    return {"version": 1, "deadlines": {"timezone": "Europe/Moscow", "schedule": schedule}}


def write(root: Path, files: Mapping[str, object]) -> Path:
    """Write files: text as it is, bytes as they are, anything else as YAML."""
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return root


def task_files(folder: str) -> dict[str, object]:
    """The files of a task whose solution is right."""
    return {
        f"{folder}/.task.yml": "",
        f"{folder}/solution.py": "right\n",
        f"{folder}/solution.py.template": "to do\n",
        f"{folder}/test_public.py": "public\n",
        f"{folder}/private_test.py": "secret\n",
    }


def make_course(root: Path, files: Mapping[str, object] | None = None) -> Path:
    """A course of two groups and three tasks that is in order, with a plugin of its own; `files` add to it or take the place of its own."""
    return write(
        root,
        {
            ".checker.yml": CHECKER,
            ".manytask.yml": manytask({"basics": ["add", "sub"], "more": ["mul"]}),
            "tools/plugins/probe.py": PROBE,
            "README.md": "# Course\n",
            "basics/.group.yml": "version: 1\n",
            "more/.group.yml": "",
            **task_files("basics/add"),
            **task_files("basics/sub"),
            **task_files("more/deep/mul"),
            **(files or {}),
        },
    )


def with_checker(**changes: object) -> dict[str, object]:
    """The usual `.checker.yml` with some sections changed."""
    return {**CHECKER, **changes}


def with_tasks_pipeline(*stages: Mapping[str, object], **testing: object) -> dict[str, object]:
    """The usual `.checker.yml` with other stages for each task."""
    return with_checker(testing={"search_plugins": ["tools/plugins"], "tasks_pipeline": list(stages), **testing})


def checker(*arguments: object, env: Mapping[str, str] | None = None) -> Result:
    """Run the command as somebody does at a terminal of no colours."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env, catch_exceptions=False)


def git(folder: Path, *arguments: str) -> str:
    """Run git, as a student called Student, away from this machine's settings."""
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Student"), ("EMAIL", "student@example.org"))},
    }
    return subprocess.run(["git", "-c", "init.defaultBranch=main", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout
