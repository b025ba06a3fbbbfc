"""The users and the page of each, for superusers: who it is, what is done to the account, and how it ends."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, abort, current_app, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import Select

from accounts import queries
from accounts.forms import OwnPasswordForm, UserForm
from accounts.identities.queries import identities_of
from accounts.links.models import Purpose
from accounts.links.queries import make_password_link
from accounts.models import User
from accounts.people.belongings import belongings_of
from accounts.people.deletion import DeletionError, delete_person, heirlooms
from accounts.people.export import as_json
from accounts.people.forms import DeletionForm
from accounts.rights import change_fault
from accounts.second_factor.queries import has_second_factor, turn_off
from accounts.sessions.queries import count_live_sessions, end_session, end_sessions, live_sessions
from accounts.tokens.queries import revoke_tokens, tokens_of
from project import audit
from project.access import superusers
from project.admin import ClosedModelView
from project.extensions import db, settings_of
from project.ids import id_from

RIGHTS = ("is_active", "is_superuser", "can_review_tasks")


class UserView(ClosedModelView):
    """Who has an account, what each may do, and all that a superuser does about one of them."""

    rule = superusers
    place = 50
    record_name = "user"
    empty_hint = "There is no user yet."
    form = UserForm
    can_create = False
    can_delete = False
    can_export = True
    details_template = "users/details.html"
    column_list = ("id", "username", "is_active", "is_superuser", "can_review_tasks", "task_count", "created_at")
    column_details_list = column_list
    column_export_list = column_list
    column_searchable_list = ("username",)
    sort_keys = queries.SORT_KEYS
    column_default_sort = ("id", False)
    column_labels = {
        "id": "Number",
        "is_active": "Active",
        "is_superuser": "Superuser",
        "can_review_tasks": "Reviewer",
        "task_count": "Tasks",
        "created_at": "Since",
    }

    def found(self, words: Sequence[str]) -> Select[User]:
        """All users whose names have each of the words."""
        return queries.users_with(words)

    def update_model(self, form: UserForm, model: User) -> Any:
        """Change a user's rights, unless that would leave the site without an active superuser."""
        fault = change_fault(
            user_id=model.id,
            stays_active_superuser=form.is_active.data and form.is_superuser.data,
            active_superusers=queries.lock_superusers(model.id),
            by=current_user.id,
        )
        if fault:
            db.session.rollback()
            flash(fault, "error")
            return False
        return super().update_model(form, model)

    def on_model_change(self, form: UserForm, model: User, is_created: bool) -> None:
        """Note which rights change, and end the sessions of one who may be here no more."""
        changes = {field.name: field.data for field in form if field.name in RIGHTS and field.data != field.object_data}
        ended = 0 if model.is_active else end_sessions(model.id)
        audit.record("user.rights_changed", ("user", model.id), **changes, sessions_ended=ended)

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        """A user: the account, where it is logged in, by what, and what can be done about it."""
        user, settings = user_from(request.args), settings_of(current_app)
        self._template_args.update(
            sessions=live_sessions(user.id, settings),
            session_number=count_live_sessions(user.id, settings),
            second_factor=has_second_factor(user.id),
            identities=identities_of(user.id),
            tokens=tokens_of(user.id),
        )
        view: ResponseReturnValue = super().details_view()
        return view

    @expose("/password-link", methods=["GET", "POST"])
    def password_link(self) -> ResponseReturnValue:
        """Make a one-time link with which the user sets a password, for a superuser's own; it is shown on this answer's page and never again."""
        user, form = user_from(request.values), OwnPasswordForm()
        if is_own(user):
            return to_own_account()
        if not form.validate_on_submit():
            return self.render("users/make_link.html", model=user, form=form)
        made = make_password_link(user.id, by=current_user.id)
        if made is None:
            flash("The user is not active, so a password would be of no use.", "error")
            return redirect(url_for(".details_view", id=user.id))
        audit.record("link.made", ("user", user.id), purpose=Purpose.PASSWORD)
        db.session.commit()
        link, token = made
        return self.render("users/link.html", model=user, link=link, url=url_for("accounts.set_password", token=token, _external=True))

    @expose("/end-session", methods=["POST"])
    def end_session(self) -> ResponseReturnValue:
        """End one of the user's sessions."""
        user, session_id = user_from(request.form), id_from(request.form, "session")
        if session_id is None or not end_session(session_id, user.id):
            abort(404)
        audit.record("session.ended", ("session", session_id), user=user.id)
        return done(user, "That session has ended.")

    @expose("/end-sessions", methods=["POST"])
    def end_sessions(self) -> ResponseReturnValue:
        """End all of the user's sessions."""
        user = user_from(request.form)
        audit.record("user.logged_out", ("user", user.id), sessions_ended=end_sessions(user.id))
        return done(user, f"{user.username} is logged out everywhere.")

    @expose("/turn-off-second-factor", methods=["GET", "POST"])
    def turn_off_second_factor(self) -> ResponseReturnValue:
        """Let a user who lost the second factor log in without it, for a superuser's own password."""
        user, form = user_from(request.values), OwnPasswordForm()
        if is_own(user):
            return to_own_account()
        if not has_second_factor(user.id):
            abort(404)
        if not form.validate_on_submit():
            return self.render("users/turn_off_second_factor.html", model=user, form=form)
        turn_off(user.id)
        audit.record("second_factor.off", ("user", user.id))
        return done(user, f"{user.username} logs in without a second factor now.")

    @expose("/revoke-tokens", methods=["POST"])
    def revoke_tokens(self) -> ResponseReturnValue:
        """Make all of the user's API tokens void."""
        user = user_from(request.form)
        audit.record("tokens.revoked", ("user", user.id), revoked=revoke_tokens(user.id))
        return done(user, f"{user.username} has no API token any more.")

    @expose("/personal-data", methods=["POST"])
    def personal_data(self) -> ResponseReturnValue:
        """All that the site holds about the user, as a JSON file; streamed, and asked for piece by piece while it streams."""
        user = user_from(request.form)
        audit.record("user.exported", ("user", user.id))
        db.session.commit()
        pieces = stream_with_context(as_json(user.id, belongings_of(current_app)))
        return Response(pieces, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="user-{user.id}.json"'})

    @expose("/delete/", methods=["GET", "POST"])
    def delete_view(self) -> ResponseReturnValue:
        """Delete the user, once it is said who inherits, and the name is typed and the superuser's own password."""
        user = user_from(request.args)
        inheritance = heirlooms(user.id)
        form = DeletionForm(user, needs_heir=bool(inheritance))
        if form.validate_on_submit():
            heir_id = form.inheriting.id if form.inheriting else None
            try:
                delete_person(user.id, heir_id, by=current_user.id)
            except DeletionError as refusal:
                flash(str(refusal), "error")
                return redirect(url_for(".details_view", id=user.id))
            flash(f"{user.username} is deleted.", "success")
            return redirect(url_for(".index_view"))
        return self.render("users/delete.html", form=form, model=user, inheritance=inheritance)


def user_from(source: Mapping[str, str]) -> User:
    """The user whose id is in a form or a query string, or 404."""
    user_id = id_from(source, "id")
    return (user_id and queries.get_user(user_id)) or abort(404)


def is_own(user: User) -> bool:
    """Whether that is the superuser at hand."""
    return bool(user.id == current_user.id)


def to_own_account() -> ResponseReturnValue:
    """Send a superuser to the pages of the own account, which ask for more than a session before a way in changes."""
    flash("This is your own account. You change its password and its second factor here.", "error")
    return redirect(url_for("accounts.index"))


def done(user: User, message: str) -> ResponseReturnValue:
    """Commit what was done to the user, and go back to the user's page, which says so."""
    db.session.commit()
    flash(message, "success")
    return redirect(url_for(".details_view", id=user.id))
