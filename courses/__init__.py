"""Courses: what a teacher describes in `.manytask.yml`, what students' checkers report, and what counts."""

from flask import Flask

from accounts.people.belongings import Belongings, belongings_of
from courses import api, queries, views
from courses.actors import recompute_course, take_in_batch
from courses.api import bulk, checkers, description, rows
from courses.blueprint import blueprint
from courses.cli import courses_cli
from project.access import members
from project.admin import Signpost, signposts_of
from workers.broker import broker_of

ENDPOINTS = (checkers, rows, bulk, description)
"""The modules whose routes hang on the API's blueprint."""
PAGES = (views,)
"""The modules whose routes hang on the pages' blueprint."""


def register(app: Flask) -> None:
    """Hang courses on the site: their API, their pages, their actors, their commands."""
    app.register_blueprint(api.blueprint)
    app.register_blueprint(blueprint)
    signposts_of(app).append(Signpost(name="Courses", endpoint="courses.index", rule=members, place=5))
    for actor in (recompute_course, take_in_batch):
        actor.bind(broker_of(app))
    belongings_of(app).append(Belongings("enrolments", queries.enrolments_of_account))
    app.cli.add_command(courses_cli)
