"""Reading a page as a visitor does: its tables, facts, plots, messages, links and the errors beside its fields."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

WITHOUT_END = {"input", "meta", "link", "br", "hr", "img"}


@dataclass
class Element:
    """An element of a page with all that is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list["Element"]:
        """Every element inside with that tag and at least those attributes, in the page's order."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and attributes.items() <= child.attributes.items():
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """What is written in it, blanks taken together."""
        return " ".join("".join(child if isinstance(child, str) else f" {child.text} " for child in self.children).split())


class Reader(HTMLParser):
    """Builds the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in WITHOUT_END:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """The innermost element ends; tests of pages are the place to notice one that was left open."""
        ended = self.open.pop()
        assert ended.tag == tag, f"<{ended.tag}> ends with </{tag}>"

    def handle_data(self, data: str) -> None:
        """Text inside the innermost element."""
        self.open[-1].children.append(data)


def read(response: TestResponse) -> Element:
    """The page that was answered, which must be one, not an error or a redirect."""
    assert response.status_code == 200, response.status
    reader = Reader()
    reader.feed(response.text)
    return reader.open[0]


def rows(page: Element) -> list[dict[str, str]]:
    """The lines of the page's table, each cell under its heading; none when there is no table. A plot's own table is the plot's."""
    headings = [heading.text for heading in _table(page).all("th")]
    return [dict(zip(headings, (cell.text for cell in row.all("td")), strict=True)) for row in lines(page)]


def lines(page: Element) -> list[Element]:
    """The same lines as they stand there, for a table whose headings are not one row."""
    return [row for row in _table(page).all("tr") if row.all("td")]


def _table(page: Element) -> Element:
    plotted = [id(table) for figure in page.all("figure") for table in figure.all("table")]
    (table,) = [table for table in page.all("table") if id(table) not in plotted] or [Element("table")]
    return table


def facts(page: Element) -> dict[str, str]:
    """The page's list of facts."""
    return {term.text: value.text for term, value in zip(page.all("dt"), page.all("dd"), strict=True)}


def plots(page: Element) -> dict[str, dict[str, Any]]:
    """What the page's plots draw, by their kind; a JSON that names a number JSON doesn't know is refused."""
    specs = [json.loads(canvas.attributes["data-chart"], parse_constant=_refuse) for canvas in page.all("canvas")]
    return {spec["kind"]: spec for spec in specs}


def messages(page: Element) -> list[str]:
    """What the page says about what just happened, worst and best alike, each behind its kind."""
    return [
        f"{box.attributes['class'].removeprefix('message ')}: {box.text}" for box in page.all("div") if box.attributes.get("class", "").startswith("message")
    ]


def errors(page: Element) -> dict[str, str]:
    """The errors beside the form's fields, by field."""
    return {note.attributes["id"].removesuffix("-error"): note.text for note in page.all("small", **{"class": "field-error"})}


def link(page: Element, text: str) -> str:
    """Where the link with that text leads."""
    (found,) = [anchor.attributes["href"] for anchor in page.all("a") if anchor.text == text]
    return found


def next_page(page: Element) -> str | None:
    """Where the next page is, None on the last one."""
    return next((anchor.attributes["href"] for anchor in page.all("a", rel="next")), None)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
