"""The pages of Tasks and their results, for superusers."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import ColumnElement, Row, Select

from project import audit
from project.access import superusers
from project.admin import ClosedModelView, ClosedView
from project.extensions import db
from project.ids import id_from
from project.keyset import Stretch
from tasks_app import charts, list_queries, queries, result_queries
from tasks_app.actors import delete_results, generate_random_number
from tasks_app.forms import ResultFilterForm, TaskForm
from tasks_app.models import Task, TaskResult
from tasks_app.result_queries import ResultFilter
from tasks_app.runs import run_from
from tasks_app.schedule import NAME
from workers.broker import BrokerUnreachable
from workers.queries import database_time
from workers.timetable import next_due

log = logging.getLogger(__name__)

DRAWS_SHOWN = 100
RESULTS_PAGE = 50


class TaskView(ClosedModelView):
    """The Tasks: find, make, change and delete them, see their numbers, run one now."""

    rule = superusers
    place = 10
    record_name = "Task"
    empty_hint = "There is no Task yet."
    delete_warning = "Its numbers are deleted with it. This can't be undone."
    form = TaskForm
    can_export = True
    details_template = "tasks/details.html"
    column_list = ("id", "title", "lower_limit", "upper_limit", "author", "created_at")
    column_export_list = (*column_list, "updated_at")
    column_searchable_list = ("id", "title", "author.username")
    sort_keys = list_queries.SORT_KEYS
    column_default_sort = ("id", True)
    column_labels = {
        "id": "Number",
        "lower_limit": "Lower limit",
        "upper_limit": "Upper limit",
        "created_at": "Created",
        "updated_at": "Changed",
        "author.username": "author",
    }

    def found(self, words: Sequence[str]) -> Select[Task]:
        """All Tasks that have each of the words."""
        return list_queries.tasks_with(words)

    def find(self, words: Sequence[str], key: ColumnElement[Any], stretch: Stretch) -> Sequence[Row[Task, Any, int]]:
        """Those of them in a stretch of the list."""
        return list_queries.tasks_in(stretch, words, key)

    def create_form(self, obj: Any = None) -> TaskForm:
        """An empty form, the author filled in."""
        form: TaskForm = super().create_form(obj)
        if request.method == "GET":
            form.author.data = current_user
        return form

    def on_model_change(self, form: TaskForm, model: Task, is_created: bool) -> None:
        """Note what the Task is from now on."""
        db.session.flush()
        told: dict[str, Any] = {"title": model.title, "lower_limit": model.lower_limit, "upper_limit": model.upper_limit, "author_id": model.created_by}
        audit.record("task.created" if is_created else "task.changed", ("task", model.id), **told)

    def delete_model(self, model: Task) -> Any:
        """Delete the Task now, and have its results deleted by an actor, however many they are."""
        queries.note_deletion(model)
        audit.record("task.deleted", ("task", model.id))
        deleted = super().delete_model(model)
        if deleted:
            try:
                delete_results.send(model.id)
            except BrokerUnreachable as fault:
                log.warning("task %d: its results go with a later tick: %s", model.id, fault)
                flash("The queue can't be reached, so its results will be deleted later.", "warning")
        return deleted

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        """A Task, its numbers, and when the next is due."""
        task = task_from(request.args)
        self._template_args.update(next_due=next_due(database_time(), NAME), run=run_from(request.args, task), **draws_of(task))
        view: ResponseReturnValue = super().details_view()
        return view

    @expose("/draws")
    def draws(self) -> ResponseReturnValue:
        """The numbers alone, for a page that keeps itself fresh."""
        task = task_from(request.args)
        return self.render("tasks/_draws.html", model=task, **draws_of(task))

    @expose("/run", methods=["POST"])
    def run_now(self) -> ResponseReturnValue:
        """Draw one number for one Task, outside every tick."""
        task = task_from(request.form)
        task_id = task.id
        audit.record("run.sent", ("task", task_id), schedule=NAME)
        try:
            # A queue knows no rollback: what can't be recorded is not sent.
            db.session.flush()
            sent = generate_random_number.send(task_id)
        except BrokerUnreachable as fault:
            db.session.rollback()
            log.warning("task %d can't be run now: %s", task_id, fault)
            flash("The queue can't be reached, so nothing was sent. Try again when it is back.", "error")
            return redirect(url_for(".details_view", id=task_id))
        db.session.commit()
        return redirect(url_for(".details_view", id=task_id, run=sent.message_id, sent=sent.message_timestamp))

    @expose("/run/state")
    def run_state(self) -> ResponseReturnValue:
        """What has become of a Task that was run, alone, for a page that waits for its number."""
        task = task_from(request.args)
        run = run_from(request.args, task) or abort(404)
        if run.is_open and not run.lasts_long:
            # As the page has it: nothing to draw again, nor for a screen reader to say again.
            return "", 204
        return self.render("tasks/_run.html", model=task, run=run)


class ResultView(ClosedView):
    """The numbers of all Tasks, newest first; nothing here changes anything."""

    rule = superusers
    place = 20

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """A page of results, by Task, author or tick."""
        form = ResultFilterForm(request.args)
        results: Sequence[TaskResult] = []
        valid = form.validate()
        wanted = ResultFilter(task_id=form.task.data, author=form.author.data, tick_id=form.tick.data)
        if valid:
            results = result_queries.results_after(id_from(request.args, "before"), RESULTS_PAGE + 1, wanted)
        shown = results[:RESULTS_PAGE]
        typed: dict[str, Any] = {name: value for name, value in request.args.items() if name in form and value}
        return self.render(
            "tasks/results.html",
            results=shown,
            filter=form,
            older_url=url_for(".index", **typed, before=wanted.place_of(shown[-1])) if len(results) > RESULTS_PAGE else None,
            newest_url=url_for(".index", **typed) if "before" in request.args else None,
        )


def task_from(source: Mapping[str, str]) -> Task:
    """The Task whose id is in a form or a query string, or 404."""
    task_id = id_from(source, "id")
    return (task_id and queries.get_task(task_id)) or abort(404)


def draws_of(task: Task) -> dict[str, Any]:
    """What a page shows of a Task's numbers."""
    results = result_queries.results_after(None, DRAWS_SHOWN, ResultFilter(task_id=task.id))
    return {
        "draws": results,
        "statistics": result_queries.statistics(task.id),
        "most_counted": result_queries.MOST_COUNTED,
        "line": charts.line_over_time(results),
        "histogram": charts.spread(results),
    }
