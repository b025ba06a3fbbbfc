"""Stock Flask-Admin views on the site's tables, as its documentation has them, open to all: what the site's own pages are compared with."""

import os

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView

from accounts.models import User
from project.audit import AuditEvent
from project.extensions import db
from tasks_app.models import Task, TaskResult
from workers.models import Tick


class Searchable(ModelView):
    """A view whose rows are found by some of their text."""

    can_view_details = True

    def __init__(self, model: type, *columns: str) -> None:
        self.column_searchable_list = columns
        super().__init__(model, db)


app = Flask(__name__)
app.config.update(SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"], SECRET_KEY=os.environ["SECRET_KEY"])
db.init_app(app)
admin = Admin(app, name="Stock", url="/")
admin.add_views(Searchable(Task, "title"), Searchable(User, "username"), *(ModelView(model, db) for model in (TaskResult, AuditEvent, Tick)))
