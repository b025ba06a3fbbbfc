"""The life of a course, from created to finished, and what each stage means for reports, configs, students and grades."""

from enum import StrEnum

DORESHKA_TOP = 3
"""The best grade that can still be reached in doreshka, the time for those who failed."""


class CourseStatus(StrEnum):
    """The stages, in the order in which a course goes through them."""

    CREATED = "created"
    HIDDEN = "hidden"
    IN_PROGRESS = "in_progress"
    ALL_TASKS_ISSUED = "all_tasks_issued"
    DORESHKA = "doreshka"
    FINISHED = "finished"

    @property
    def ready(self) -> bool:
        """Whether the course has had its first config; before that there is nothing to report for."""
        return self is not CourseStatus.CREATED

    @property
    def shown_to_students(self) -> bool:
        """Whether students see the course at all; teachers always do."""
        return self not in (CourseStatus.CREATED, CourseStatus.HIDDEN)

    @property
    def takes_reports(self) -> bool:
        """Whether a checker may report scores."""
        return self not in (CourseStatus.CREATED, CourseStatus.FINISHED)

    @property
    def takes_configs(self) -> bool:
        """Whether a new `.manytask.yml` may be loaded."""
        return self is not CourseStatus.FINISHED

    @property
    def keeps_grades(self) -> bool:
        """Whether the grade that stood before counts beside what the formulas say."""
        return self in (CourseStatus.ALL_TASKS_ISSUED, CourseStatus.DORESHKA, CourseStatus.FINISHED)

    def after_config(self, said: "CourseStatus | None") -> "CourseStatus":
        """The status once a config is loaded that says `said`, or nothing of it: then a created course becomes hidden."""
        if said is not None:
            return said
        return CourseStatus.HIDDEN if self is CourseStatus.CREATED else self


MEANING = {
    CourseStatus.CREATED: "Waits for its first config. Students do not see it, and reports are refused.",
    CourseStatus.HIDDEN: "Students do not see it; reports count.",
    CourseStatus.IN_PROGRESS: "Runs: students see it, reports count, and grades follow the points.",
    CourseStatus.ALL_TASKS_ISSUED: "Every task is out: grades may rise and never fall.",
    CourseStatus.DORESHKA: f"The second chance: a grade may still rise, up to {DORESHKA_TOP}.",
    CourseStatus.FINISHED: "Over: reports and configs are refused, and grades stand as they were saved.",
}
"""What each status means, in words for teachers."""


def final_grade(status: CourseStatus, saved: int | None, new: int, override: int | None = None) -> int:
    """The grade that stands when the formulas say `new` and `saved` stood before (None: nothing, which is 0).

    Source: courses-contract, "By status". A teacher's override wins over everything.
    """
    if override is not None:
        return override
    before = saved or 0
    match status:
        case CourseStatus.FINISHED:
            return before
        case CourseStatus.DORESHKA:
            return max(before, min(new, DORESHKA_TOP))
        case CourseStatus.ALL_TASKS_ISSUED:
            return max(before, new)
        case _:
            return new
