"""Users that exist for one job: what root has to become, for the kernel limits root's processes in nothing."""

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

UIDS = range(61184, 65520)
"""Where systemd takes its dynamic users from; below 65536, which is all that a rootless container has."""

SHARED = secrets.choice(UIDS)
"""The user of all jobs of a run that write to its folders: side by side they may write to the same one, which has one owner.

The processes of a run are forked, so they share it.
"""

_taken: set[int] = {SHARED}
_lock = threading.Lock()


@contextlib.contextmanager
def job_user(*, shared: bool = False) -> Iterator[int | None]:
    """The number of a user, and group, that no other job of this process has, or with `shared` that of all who share folders.

    None unless this is root, who alone can become another.
    """
    if os.geteuid() != 0:
        yield None
        return
    if shared:
        yield SHARED
        return
    with _lock:
        uid = secrets.choice([uid for uid in UIDS if uid not in _taken])
        _taken.add(uid)
    try:
        yield uid
    finally:
        with _lock:
            _taken.discard(uid)


def hand_over(paths: Sequence[Path], uid: int) -> None:
    """Make `uid` the owner of the folders and all that lies in them; symbolic links are not followed."""
    for path in paths:
        os.lchown(path, uid, uid)
        for folder, folders, files, descriptor in os.fwalk(path):
            del folder
            for name in (*folders, *files):
                # Another job that writes there may have removed it.
                with contextlib.suppress(FileNotFoundError):
                    os.chown(name, uid, uid, dir_fd=descriptor, follow_symlinks=False)


def open_up(paths: Sequence[Path]) -> None:
    """Let other users enter these folders and read these files, not what lies in them, which is its owner's business.

    A temporary folder is its maker's alone, and a job of root's runs as another user.
    """
    for path in filter(os.path.exists, paths):
        mode = path.stat().st_mode
        wanted = 0o555 if stat.S_ISDIR(mode) else 0o444
        if mode & wanted != wanted:
            path.chmod(stat.S_IMODE(mode) | wanted)
