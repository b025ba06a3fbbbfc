"""Registering, logging in and out, changing one's password."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import IntegrityError

from accounts import queries
from accounts.forms import LoginForm, PasswordForm, RegistrationForm, username_fault
from accounts.models import User
from accounts.passwords import hash_password, matches
from project.access import Visitor, everyone, members, open_to
from project.extensions import db, login_manager
from project.redirects import local_target

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")

login_manager.login_view = "accounts.login"
login_manager.login_message = "Log in to open that page."
login_manager.login_message_category = "info"
login_manager.anonymous_user = Visitor

REFUSED = "The username or the password is wrong."


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    """The session's user; None, which ends the session, for one who is not active any more."""
    user = queries.get_user(int(user_id))
    return user if user and user.is_active else None


def begin_session(user: User, *, remember: bool = False) -> None:
    """Log the user in with a session that holds nothing of what was there before."""
    session.clear()
    login_user(user, remember=remember)


@blueprint.route("/login", methods=["GET", "POST"])
@open_to(everyone)
def login() -> ResponseReturnValue:
    """Log in, and go back to the page that asked for it."""
    form = LoginForm(next=request.args.get("next"))
    if form.validate_on_submit():
        user = None if username_fault(form.username.data) else queries.find_user(form.username.data)
        right = matches(form.password.data, user.password_hash if user else None)
        if user and right and user.is_active:
            begin_session(user, remember=form.remember.data)
            return redirect(local_target(form.next.data) or url_for("home.index"))
        flash(REFUSED, "error")
    return render_template("accounts/login.html", form=form), 200 if request.method == "GET" else 401


@blueprint.post("/logout")
@open_to(everyone)
def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    logout_user()
    flash("You are logged out.", "success")
    return redirect(url_for("home.index"))


@blueprint.route("/register", methods=["GET", "POST"])
@open_to(everyone)
def register() -> ResponseReturnValue:
    """Make an account and log in with it."""
    form = RegistrationForm()
    if form.validate_on_submit():
        try:
            user = queries.add_user(form.username.data, hash_password(form.password.data))
            db.session.commit()
        except IntegrityError:
            # Somebody took the name between the form's check and now.
            db.session.rollback()
            form.username.errors = ["This username is taken."]
        else:
            begin_session(user)
            flash(f"Welcome, {user.username}.", "success")
            return redirect(url_for("home.index"))
    return render_template("accounts/register.html", form=form)


@blueprint.route("/password", methods=["GET", "POST"])
@open_to(members)
def password() -> ResponseReturnValue:
    """Change one's own password."""
    form = PasswordForm()
    if form.validate_on_submit():
        current_user.password_hash = hash_password(form.password.data)
        db.session.commit()
        flash("Your password is changed.", "success")
        return redirect(url_for("home.index"))
    return render_template("accounts/password.html", form=form)
