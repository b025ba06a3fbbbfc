"""What the API refuses, with what a student or a teacher can do about it: the text stands in the log of a CI."""

from courses.models import Course


class ApiFault(Exception):  # noqa: N818  # a refusal, with a status of HTTP
    """A request that is refused, and why."""

    def __init__(self, status: int, text: str, hint: str = "") -> None:
        super().__init__(f"{text} Hint: {hint}" if hint else text)
        self.status = status


def unknown_user(name: str) -> ApiFault:
    """404: nobody is called that here."""
    return ApiFault(404, f'Unknown user "{name}".', "the student has to be enrolled in this course; a teacher can do that.")


def unknown_task(name: str) -> ApiFault:
    """404: the course has no such task, or it is switched off."""
    return ApiFault(404, f'Unknown task "{name}".', "the course's .manytask.yml has no such task, or it is not enabled.")


def demand_unarchived(course: Course) -> None:
    """Nothing of an archived course changes. Raises ApiFault (409)."""
    if course.archived_at is not None:
        raise ApiFault(409, f'The course "{course.name}" is archived: it can only be read.', "a teacher can bring it back on the course's page.")
