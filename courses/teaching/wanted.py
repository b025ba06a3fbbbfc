"""Which part of a gradebook somebody wants to see, as its address says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from project.ids import id_from

PAGE = 50
"""Rows."""
LAST_PAGE = 100_000
LONGEST_SEARCH = 255


class Sort(StrEnum):
    """What the rows are sorted by; percent is of the same whole for everybody, so it sorts as the total does."""

    NAME = "name"
    TOTAL = "total"
    PERCENT = "percent"
    GRADE = "grade"


@dataclass(frozen=True)
class Wanted:
    """Rows whose name holds `search`, in an order, `page` by page from 1, with the tasks of one group or of all; students, or everybody in the course."""

    search: str = ""
    sort: Sort = Sort.NAME
    descending: bool = False
    group: int | None = None
    everybody: bool = False
    page: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "Wanted":
        """From a query string; what is no part of a gradebook is left out."""
        typed = args.get("sort", "")
        return cls(
            search=args.get("search", "").strip().replace("\0", "")[:LONGEST_SEARCH],
            sort=Sort(typed) if typed in {each.value for each in Sort} else Sort.NAME,
            descending=bool(args.get("desc")),
            group=id_from(args, "group"),
            everybody=bool(args.get("everybody")),
            page=min(id_from(args, "page") or 1, LAST_PAGE),
        )

    @property
    def address(self) -> dict[str, str]:
        """The query string that means this; what is as usual stands in none."""
        found = {
            "search": self.search,
            "sort": "" if self.sort is Sort.NAME else self.sort.value,
            "desc": "1" if self.descending else "",
            "group": str(self.group or ""),
            "everybody": "1" if self.everybody else "",
            "page": "" if self.page == 1 else str(self.page),
        }
        return {name: value for name, value in found.items() if value}

    def at(self, page: int) -> "Wanted":
        """The same, another page of it."""
        return replace(self, page=page)

    def sorted_by(self, sort: Sort) -> "Wanted":
        """The first page in another order: the other way round where it is that already, names from A and numbers from the best."""
        descending = not self.descending if sort is self.sort else sort is not Sort.NAME
        return replace(self, sort=sort, descending=descending, page=1)

    def direction(self, sort: Sort) -> str:
        """How a column is sorted, in ARIA's words."""
        return "none" if sort is not self.sort else "descending" if self.descending else "ascending"
