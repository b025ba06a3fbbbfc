"""All that the site holds about a user, as JSON: written piece by piece, so that a hundred thousand Tasks need no more memory than one."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from accounts.people.belongings import Belongings, Record


def as_json(user_id: int, belongings: Iterable[Belongings]) -> Iterator[str]:
    """The pieces of one JSON object, in which each of the belongings is a list under its name. Reading begins with the first piece that is taken."""
    opening = "{\n"
    for part in belongings:
        yield f"{opening}{json.dumps(part.name)}: ["
        yield from _items(part.records(user_id))
        yield "]"
        opening = ",\n"
    yield "\n}\n"


def _items(records: Iterable[Record]) -> Iterator[str]:
    before = "\n  "
    for record in records:
        yield before + json.dumps(record, default=_instant, ensure_ascii=False)
        before = ",\n  "


def _instant(value: object) -> str:
    """What JSON has no word for: an instant, in ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is no value of JSON")
