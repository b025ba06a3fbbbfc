"""What is logged, as the site would write it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

from project.logs import add_about

log = logging.getLogger("tests.logs")


def written_by(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """All that is logged while the generator stands, as the site would write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    handler.addFilter(add_about)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


def parsed(objects: io.StringIO) -> list[dict[str, Any]]:
    """Every line as the object it is."""
    return [json.loads(line) for line in objects.getvalue().splitlines()]
