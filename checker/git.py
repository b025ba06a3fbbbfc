"""Git, by its command line."""

import os
import re
import subprocess
from pathlib import Path

from checker.exceptions import CheckerException

TIMEOUT = 300.0
"""Seconds for one command; a server that doesn't answer must not hold a CI job for an hour."""
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What a repository's first commit is compared with: the name of the tree without files."""
CREDENTIALS = re.compile(r"://[^/@\s]+@")


class GitError(CheckerException):
    """A git command failed."""


def git(folder: Path, *arguments: str) -> str:
    """What the command printed; GitError with git's own words if it fails."""
    # A runner clones as one user and runs the job as another: git would refuse the folder.
    trusted = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    environment = {**os.environ, **trusted, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took more than {TIMEOUT:.0f} s") from None
    if done.returncode:
        said = CREDENTIALS.sub("://…@", done.stderr.decode(errors="replace").strip())
        raise GitError(f"git {arguments[0]} failed: {said or f'exit code {done.returncode}'}")
    return done.stdout.decode(errors="surrogateescape")


def succeeds(folder: Path, *arguments: str) -> bool:
    """Whether the command does."""
    try:
        git(folder, *arguments)
    except GitError:
        return False
    return True


def has_commit(folder: Path, name: str) -> bool:
    """Whether the repository has the commit, and not only its name."""
    return succeeds(folder, "cat-file", "-e", f"{name}^{{commit}}")
