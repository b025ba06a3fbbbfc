"""The sandbox that tests of the checker run in."""

import os

import pytest

from checker.sandbox import bubblewrap


def require_bubblewrap() -> None:
    """Skip the test where namespaces can't be had, with what to do; in CI, where nobody would see it, fail."""
    why = bubblewrap.unavailable()
    if why is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
