"""Courses: what a teacher describes in `.manytask.yml`, what students' checkers report, and what counts."""

from flask import Flask

from accounts.people.belongings import Belongings, belongings_of
from courses import api, queries, views
from courses.actors import recompute_course, take_in_batch
from courses.api import bulk, checkers, description, rows
from courses.blueprint import blueprint
from courses.cli import courses_cli
from courses.schedule import outdated_courses, waiting_batches
from courses.teaching import assignments, cells, sheet_views, students
from courses.teaching import views as teaching_views
from project.access import members
from project.admin import Signpost, signposts_of
from workers.broker import broker_of
from workers.schedule import schedules_of

ENDPOINTS = (checkers, rows, bulk, description)
"""The modules whose routes hang on the API's blueprint."""
PAGES = (views, teaching_views, cells, students, assignments, sheet_views)
"""The modules whose routes hang on the pages' blueprint."""


def register(app: Flask) -> None:
    """Hang courses on the site: their API, their pages, their actors and schedules, their commands."""
    app.register_blueprint(api.blueprint)
    app.register_blueprint(blueprint)
    signposts_of(app).append(Signpost(name="Courses", endpoint="courses.index", rule=members, place=5))
    for actor in (recompute_course, take_in_batch):
        actor.bind(broker_of(app))
    for schedule in (outdated_courses(app), waiting_batches(app)):
        schedules_of(app).add(schedule)
    belongings_of(app).append(Belongings("enrolments", queries.enrolments_of_account))
    app.cli.add_command(courses_cli)
