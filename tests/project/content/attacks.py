"""What attackers put into text that a site shows, and how an answer is found out that takes it for its own."""

import json
from html.parser import HTMLParser

from werkzeug.test import TestResponse

MARK = "planted"
BREAKS_OUT = f"""</title></script></textarea>"'><img src={MARK} onerror=alert(1)>{{{{7*7}}}}"""
"""Ends every place where text stands in a page, and begins an element."""
STAYS_INSIDE = f'''" {MARK}=" onfocus=alert(1) autofocus x="'''
"""Ends an attribute's value, and begins another attribute."""
RUNS_WHEN_FOLLOWED = f"javascript:alert('{MARK}')//"
MARKUP = (BREAKS_OUT, STAYS_INSIDE, STAYS_INSIDE.replace('"', "'"), RUNS_WHEN_FOLLOWED)

ADDRESSES = ("href", "src", "action", "formaction", "poster", "data", "hx-get", "hx-post", "content")
NO_PAGE = ("application/json", "text/csv", "text/plain")
"""What a browser shows or keeps and never takes for a page, told that it may not guess."""
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001  # of full width, on purpose
"""How a cell begins that a spreadsheet takes for a formula (OWASP, "CSV Injection")."""

INJECTIONS = (
    "' OR '1'='1",
    '" OR 1=1 --',
    "x') OR 1=1 OR ('",
    "1 OR 1=1",
    "1 UNION SELECT password_hash FROM users; --",
    "(SELECT pg_sleep(9))",
    "%",
    "_",
    "\\",
    "=\\",
    "^\\",
    "$$",
    "\0",
    "\x1a",
    "-1",
    "1e9999",
    "9" * 400,
    "٣",
    "[]",
    "\r\n",
)
"""What ends a statement's text, matches everything, or is refused by a database rather than by the site."""


class Planted(HTMLParser):
    """Collects what a page took for its own of what was typed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        for name, value in attrs:
            is_attack = name in ("onerror", "onfocus", MARK) or (name == "src" and value == MARK)
            leads_there = name in ADDRESSES and (value or "").strip().lower().startswith("javascript:")
            if is_attack or leads_there:
                self.found.append(f"<{tag} {name}={value!r}>")


def taken_for_markup(answer: TestResponse) -> list[str]:
    """What an answer that holds one of MARKUP does with it that it should not; empty for a page where it is text."""
    found = [f"{name}: {value}" for name, value in answer.headers if name == MARK or (MARK in value and name not in ("Location", "Set-Cookie"))]
    # A workbook is no text.
    if MARK.encode() not in answer.data:
        return found
    if answer.mimetype in NO_PAGE:
        return found if answer.headers["X-Content-Type-Options"] == "nosniff" else [*found, "may be taken for a page"]
    if answer.mimetype != "text/html":
        return [*found, f"is {answer.mimetype}"]
    page = Planted()
    page.feed(answer.text)
    return [*found, *page.found, *(["{{7*7}} is 49"] if "onerror=alert(1)&gt;49" in answer.text else [])]


def cells_that_compute(csv_rows: list[list[str]]) -> list[str]:
    """The cells that a spreadsheet would take for a formula; a number, negative too, is none."""
    return [cell for row in csv_rows for cell in row if cell.startswith(FORMULAS) and not _is_number(cell)]


def _is_number(cell: str) -> bool:
    try:
        return isinstance(json.loads(cell), int | float)
    except ValueError:
        return False
