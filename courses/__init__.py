"""Courses: what a teacher describes in `.manytask.yml`, what students' checkers report, and what counts."""

from flask import Flask

from accounts.identities.vouching import heeds_of
from accounts.people.belongings import belongings_of
from courses import api, people, personal_queries, views
from courses.actors import preview_config, recompute_course, take_in_batch
from courses.administration.pages import PAGES as ADMINISTRATION
from courses.api import bulk, checkers, description, rows
from courses.blueprint import blueprint
from courses.callers import ACT, SEE
from courses.cli import courses_cli
from courses.notices import courses_notice
from courses.sample import make_sample_course
from courses.schedule import outdated_courses, waiting_batches
from courses.teaching import assignments, cells, sheet_views, students
from courses.teaching import views as teaching_views
from project.access import members
from project.admin import Signpost, signposts_of
from project.api import scopes_of
from project.home import notices_of
from project.samples import samples_of
from workers.broker import broker_of
from workers.schedule import schedules_of

ENDPOINTS = (checkers, rows, bulk, description)
"""The modules whose routes hang on the API's blueprint."""
PAGES = (views, teaching_views, cells, students, assignments, sheet_views, *ADMINISTRATION)
"""The modules whose routes hang on the pages' blueprint."""


def register(app: Flask) -> None:
    """Hang courses on the site: their API, their pages, their actors and schedules, their commands."""
    app.register_blueprint(api.blueprint)
    app.register_blueprint(blueprint)
    scopes_of(app)[SEE] = "See the gradebooks of courses as far as you see them"
    scopes_of(app)[ACT] = "Change scores, comments and grades in courses that you teach"
    signposts_of(app).append(Signpost(name="Courses", endpoint="courses.index", rule=members, place=5))
    for actor in (recompute_course, preview_config, take_in_batch):
        actor.bind(broker_of(app))
    for schedule in (outdated_courses(app), waiting_batches(app)):
        schedules_of(app).add(schedule)
    notices_of(app).append(courses_notice)
    belongings_of(app).extend(personal_queries.OF_ACCOUNT)
    heeds_of(app).append(
        lambda user, provider, voucher: people.bind_whom_a_provider_vouches_for(user, provider.key, voucher.subject, voucher.preferred_username)
    )
    samples_of(app).append(make_sample_course)
    app.cli.add_command(courses_cli)
