"""What a new site shows: each feature adds what makes its samples."""

from collections.abc import Callable
from typing import cast

from flask import Flask

Sample = Callable[[int], None]
"""Makes a feature's samples for the first superuser, by the id; the caller commits."""


def samples_of(app: Flask) -> list[Sample]:
    """What makes the app's samples."""
    return cast(list[Sample], app.extensions.setdefault("callboard_samples", []))
