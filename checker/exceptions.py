"""What goes wrong in a checker's run. Courses' own plugins import these names: they stay."""

# ruff: noqa: N818 - the names that courses know do not all end in Error.


class CheckerException(Exception):
    """Whatever the checker itself reports as an error, in words for a person: never a traceback."""


class CheckerValidationError(CheckerException):
    """The course's files are not as they must be."""


class BadConfig(CheckerValidationError):
    """A config file, or a stage's arguments, are wrong: which, why, and what would be right."""


class BadStructure(CheckerValidationError):
    """The course's folders contradict its config."""


class ExportError(CheckerException):
    """The public or the testing tree cannot be written."""


class TestingError(CheckerException):
    """A pipeline failed."""

    __test__ = False  # pytest takes classes called Test… for tests.


class PluginExecutionFailed(TestingError):
    """A stage failed.

    `message` says what failed, `output` is what the student may see of it, and `percentage` the share, 0 to 1, that a
    partially scored stage keeps.
    """

    def __init__(self, message: str = "", output: str | None = None, percentage: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.output = output or ""
        self.percentage = percentage
