"""What a path of the course is: ignored, public, private, or the student's."""

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from checker.config.checker import Structure

GIT = ".git"


class Kind(Enum):
    """Where a path's content comes from when work is tested, and whether students get it."""

    IGNORED = "ignored"
    PUBLIC = "public"
    PRIVATE = "private"
    OTHER = "other"


@dataclass(frozen=True)
class Patterns:
    """The patterns that count in a folder."""

    ignored: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    def below(self, folder: Structure) -> "Patterns":
        """What counts in a folder with a structure of its own: each list that it has takes the place of ours."""

        def own(patterns: list[str] | None, inherited: tuple[str, ...]) -> tuple[str, ...]:
            return inherited if patterns is None else tuple(patterns)

        return Patterns(own(folder.ignore_patterns, self.ignored), own(folder.public_patterns, self.public), own(folder.private_patterns, self.private))

    def kind(self, path: PurePath, above: Kind) -> Kind:
        """What the path is, if the folder around it is `above`: ignored beats public beats private.

        A pattern counts from the end of the path. What a private folder holds is private, whatever it is called. What a public folder holds is
        public, unless it matches a private pattern and no public one: nothing that somebody called private gets out by where it lies.
        """
        if path.name == GIT or above is Kind.IGNORED or matches(path, self.ignored):
            return Kind.IGNORED
        if above is Kind.PRIVATE:
            return Kind.PRIVATE
        if matches(path, self.public):
            return Kind.PUBLIC
        if matches(path, self.private):
            return Kind.PRIVATE
        return above


def matches(path: PurePath, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns fits the end of the path."""
    return any(path.match(pattern) for pattern in patterns)
