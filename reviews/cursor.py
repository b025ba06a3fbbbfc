"""Where a page of authors begins."""

from __future__ import annotations

from dataclasses import dataclass

from project.ids import read_id


@dataclass(frozen=True)
class Cursor:
    """The last author of a page: the next page begins after it."""

    task_count: int
    user_id: int

    @classmethod
    def read(cls, typed: str) -> Cursor | None:
        """The cursor that is written so; None for what is none."""
        amount, _, last = typed.partition("-")
        user_id = read_id(last)
        # No Tasks at all is an amount too, though no id.
        task_count = 0 if amount == "0" else read_id(amount)
        return None if user_id is None or task_count is None else cls(task_count, user_id)

    def __str__(self) -> str:
        """As an address has it: `12-7`."""
        return f"{self.task_count}-{self.user_id}"
