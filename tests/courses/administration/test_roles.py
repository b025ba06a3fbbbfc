"""Who may administer a course: its own teachers, and of what changes the site, superusers alone."""

from flask import Flask

from courses.models import Role
from courses.queries import find_course
from tests.app_fixtures import log_in
from tests.courses.rows import make_course, make_enrolment
from tests.factories import make_user
from tests.project.routes import VISITS, make_world

SUPERUSERS = {"courses.copy"}


def test_each_page_opens_to_a_teacher_of_the_course_and_to_no_other_teacher(app: Flask) -> None:
    world = make_world(app)
    pages = {name for name, view in app.view_functions.items() if view.__module__.startswith("courses.administration.")}
    visits = [visit for visit in VISITS if visit.endpoint in pages and visit.endpoint != "courses.new"]
    with app.app_context():
        users = {name: make_user(name).id for name in ("teacher", "other")}
        shown = find_course("shown")
        assert shown is not None
        make_enrolment(make_course("another"), users["other"], role=Role.TEACHER)
        make_enrolment(shown, users["teacher"], role=Role.TEACHER)
    found = {}
    for visit in visits:
        form = {name: world.filled(value) for name, value in visit.form.items()}
        for name, user_id in users.items():
            answer = log_in(app.test_client(), user_id).open(world.filled(visit.url), method=visit.method, data=form or None)
            found[visit.endpoint, visit.method, name] = answer.status_code
            answer.close()

    assert len(visits) > 30
    refused = {key for key, status in found.items() if status in (403, 404)}
    others = {(visit.endpoint, visit.method, "other") for visit in visits}
    assert refused - others == {(endpoint, method, "teacher") for endpoint in SUPERUSERS for method in ("GET", "POST")}
    assert {found[key] for key in others if key[0] not in SUPERUSERS} == {404}
