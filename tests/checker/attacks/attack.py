"""An attack on the checker: what a malicious student hands in, and what they see for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Attack:
    """A solution that does not solve the task."""

    name: str
    solution: str
    """The module `solution`, which should have a function `add`."""
    sees: str
    """What the stage says, as far as it matters; it is all that the student sees beside pytest's own lines."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What is handed in beside it, by path in the task's folder."""
    course: Mapping[str, str] = field(default_factory=dict)
    """More of the course's files than its tests."""
    hides: str = ""
    """What must not be seen."""
    timeout: float = 60

    def __str__(self) -> str:
        """For pytest's names."""
        return self.name
