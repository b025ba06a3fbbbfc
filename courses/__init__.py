"""Courses: what a teacher describes in `.manytask.yml`, what students' checkers report, and what counts."""

from flask import Flask

from accounts.people.belongings import Belongings, belongings_of
from courses import queries


def register(app: Flask) -> None:
    """Hang courses on the site."""
    belongings_of(app).append(Belongings("enrolments", queries.enrolments_of_account))
