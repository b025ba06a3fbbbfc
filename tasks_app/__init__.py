"""Tasks: numeric ranges, and the numbers drawn from them at every tick."""

from flask import Flask

from accounts.people.belongings import Belongings, Heirloom, belongings_of
from project.extensions import admin_of, db
from project.home import notices_of
from tasks_app import amounts, queries
from tasks_app.actors import delete_old_rows, delete_results, generate_random_number
from tasks_app.admin import ResultView, TaskView
from tasks_app.cli import first_run, tasks_cli
from tasks_app.models import Task
from tasks_app.notices import tasks_notice
from tasks_app.schedule import leftover_deletions, nightly_deletions, random_numbers
from workers.broker import broker_of
from workers.schedule import schedules_of


def register(app: Flask) -> None:
    """Hang Tasks on the site: their pages, their actors, their five minutes."""
    admin_of(app).add_view(TaskView(Task, db, endpoint="tasks", url="/tasks", name="Tasks"))
    admin_of(app).add_view(ResultView(endpoint="results", url="/results", name="Results"))
    for actor in (generate_random_number, delete_results, delete_old_rows):
        actor.bind(broker_of(app))
    for schedule in (random_numbers(app), leftover_deletions(app), nightly_deletions(app)):
        schedules_of(app).add(schedule)
    notices_of(app).append(tasks_notice)
    amounts.register()
    heirloom = Heirloom(queries.count_tasks_of, queries.hold_tasks, queries.hand_over_tasks)
    belongings_of(app).append(Belongings("tasks", queries.tasks_of, heirloom))
    app.cli.add_command(tasks_cli)
    app.cli.add_command(first_run)
