"""The list of users, for superusers."""

from typing import Any

from flask import flash
from flask_login import current_user

from accounts import queries
from accounts.forms import UserForm
from accounts.models import User
from accounts.rights import change_fault
from project.access import superusers
from project.admin import ClosedModelView
from project.extensions import db


class UserView(ClosedModelView):
    """Who has an account, and what each may do."""

    rule = superusers
    place = 50
    record_name = "user"
    empty_hint = "There is no user yet."
    form = UserForm
    can_create = False
    can_delete = False
    can_export = True
    column_list = ("id", "username", "is_active", "is_superuser", "can_review_tasks", "task_count", "created_at")
    column_details_list = column_list
    column_export_list = column_list
    column_searchable_list = ("username",)
    column_sortable_list = ("id", "username", "task_count", "created_at")
    column_default_sort = "id"
    column_labels = {
        "id": "Number",
        "is_active": "Active",
        "is_superuser": "Superuser",
        "can_review_tasks": "Reviewer",
        "task_count": "Tasks",
        "created_at": "Since",
    }

    def update_model(self, form: UserForm, model: User) -> Any:
        """Change a user's rights, unless that would leave the site without an active superuser."""
        fault = change_fault(
            user_id=model.id,
            stays_active_superuser=form.is_active.data and form.is_superuser.data,
            active_superusers=queries.lock_superusers(),
            by=current_user.id,
        )
        if fault:
            db.session.rollback()
            flash(fault, "error")
            return False
        return super().update_model(form, model)
