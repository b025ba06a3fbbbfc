"""What students get instead of the solution: a `.template` beside it, or the solution with its marked parts cut out."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from checker.config.checker import Templates

SUFFIX = ".template"
BEGIN = "SOLUTION BEGIN"
END = "SOLUTION END"
PLACEHOLDER = "TODO: Your solution"
MARKED = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)


def searches(templates: Templates) -> bool:
    """Whether `X.template` stands for `X`."""
    return templates is not Templates.CREATE


def creates(templates: Templates) -> bool:
    """Whether what is marked as solution is cut out."""
    return templates is not Templates.SEARCH


def is_template(path: PurePosixPath, templates: Templates) -> bool:
    """Whether the path is the template of another."""
    return searches(templates) and path.name.endswith(SUFFIX) and path.name != SUFFIX


def original(path: PurePosixPath, templates: Templates) -> PurePosixPath:
    """Where a file goes in the public tree: `a.template/b.py.template` goes to `a/b.py`."""
    if not searches(templates):
        return path
    return PurePosixPath(*(part.removesuffix(SUFFIX) or part for part in path.parts))


def text_of(file: Path) -> str | None:
    """What a text file says, line ends as they are; None for any other and for a link."""
    if file.is_symlink() or not file.is_file():
        return None
    try:
        return file.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def is_marked(text: str | None) -> bool:
    """Whether a part of the text is marked as solution."""
    return text is not None and (BEGIN in text or END in text)


def without_solution(text: str) -> str | None:
    """The text with each marked part replaced by a placeholder; None if it is all solution: nothing but comment signs stands outside."""
    if not any(character.isalnum() for character in MARKED.sub("", text)):
        return None
    return MARKED.sub(PLACEHOLDER, text)


def mark_fault(text: str) -> str | None:
    """What is wrong with the marks of a text, with its line, or None."""
    opened: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        for mark in re.findall(f"{BEGIN}|{END}", line):
            if mark == BEGIN and opened is not None:
                return f"line {number}: {BEGIN}, but the one in line {opened} is not ended yet"
            if mark == END and opened is None:
                return f"line {number}: {END} without a {BEGIN} before it"
            opened = number if mark == BEGIN else None
    return None if opened is None else f"line {opened}: {BEGIN} without a {END} after it"


class TemplateFinder:
    """Which paths of the course students get something else for."""

    def __init__(self, root: Path, templates: Templates) -> None:
        self._root = root
        self._templates = templates

    def has_template(self, path: PurePosixPath) -> bool:
        """Whether a `.template` stands for the path."""
        return searches(self._templates) and (self._root / path.parent / (path.name + SUFFIX)).exists()

    def stands_for(self, path: PurePosixPath) -> bool:
        """Whether students get a template for the path, and so bring it themselves."""
        return self.has_template(path) or (creates(self._templates) and is_marked(text_of(self._root / path)))

    def faults(self, task: PurePosixPath) -> Iterator[str]:
        """What is wrong with the templates of the task in this folder, one a line."""
        found = False
        for file in sorted((self._root / task).rglob("*")):
            path = PurePosixPath(file.relative_to(self._root).as_posix())
            if path.name.endswith(SUFFIX) and path.name != SUFFIX:
                if not searches(self._templates):
                    yield f'{path}: a {SUFFIX} file, but export.templates is "{self._templates}"'
                elif not file.with_name(path.name.removesuffix(SUFFIX)).exists():
                    yield f"{path}: the file that it stands for, {path.name.removesuffix(SUFFIX)}, is missing"
                found = True
            elif is_marked(text := text_of(file)):
                assert text is not None
                if not creates(self._templates) and not self.has_template(path):
                    yield f'{path}: marked with {BEGIN}, but export.templates is "{self._templates}"'
                elif creates(self._templates) and (fault := mark_fault(text)):
                    yield f"{path}, {fault}"
                found = True
        if not found:
            ways = [f"a file X{SUFFIX} beside X"] * searches(self._templates) + [f"a part marked {BEGIN} … {END}"] * creates(self._templates)
            yield f"{task}: students would get the solution. Give it {' or '.join(ways)}"
