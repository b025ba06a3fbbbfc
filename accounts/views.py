"""Registering, logging in and out, one's account and its password."""

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError

from accounts import queries, registration
from accounts.blueprint import blueprint
from accounts.forms import LoginForm, PasswordForm, RegistrationForm
from accounts.guessing.queries import begin_try
from accounts.guessing.subjects import of_newcomers
from accounts.identities.queries import identities_of
from accounts.login import REFUSED, TooManyTriesError, log_in, pass_first_factor, user_behind
from accounts.models import User
from accounts.new_password import set_password
from accounts.passwords import hash_password
from accounts.second_factor.queries import has_second_factor
from accounts.sessions import current
from accounts.sessions.queries import count_live_sessions
from accounts.tokens.queries import tokens_of
from project import audit, errors
from project.access import everyone, members, open_to
from project.addresses import client_address
from project.extensions import db, settings_of


@blueprint.before_request
def refuse_plain_http() -> Response | None:
    """Say what is wrong where logging in would fail in silence: the browser would not keep the cookie."""
    return errors.plain_http_page() if errors.loses_cookies() else None


@blueprint.route("/login", methods=["GET", "POST"])
@open_to(everyone)
def login() -> ResponseReturnValue:
    """Log in, and go back to the page that asked for it."""
    form = LoginForm(next=request.args.get("next"))
    if not form.validate_on_submit():
        return render_template("accounts/login.html", form=form), 200 if request.method == "GET" else 401
    try:
        user = user_behind(form.username.data, form.password.data)
    except TooManyTriesError as refusal:
        return wait_page("accounts/login.html", form, refusal)
    if user is None:
        flash(REFUSED, "error")
        return render_template("accounts/login.html", form=form), 401
    return pass_first_factor(user, remember=form.remember.data, target=form.next.data, how="password")


@blueprint.post("/logout")
@open_to(everyone)
def logout() -> ResponseReturnValue:
    """End the session."""
    if current_user.is_authenticated:
        audit.record("logout", ("user", current_user.id))
    current.end()
    db.session.commit()
    flash("You are logged out.", "success")
    return redirect(url_for("home.index"))


@blueprint.route("/register", methods=["GET", "POST"])
@open_to(everyone)
def register() -> ResponseReturnValue:
    """Make an account, where REGISTRATION lets the visitor, and log in with it."""
    if refused := registration.refusal():
        return refused
    form = RegistrationForm()
    if form.is_submitted() and (wait := begin_try(of_newcomers(client_address()))):
        return wait_page("accounts/register.html", form, TooManyTriesError(wait, "Too many accounts are being made from your address."))
    try:
        user = make_account(form) if form.validate_on_submit() else None
    except registration.InviteGoneError:
        db.session.rollback()
        return registration.invite_gone()
    if user is None:
        return render_template("accounts/register.html", form=form)
    answer = log_in(user, remember=False, target=None, how="registration")
    flash(f"Welcome, {user.username}.", "success")
    return answer


def make_account(form: RegistrationForm) -> User | None:
    """The user whom a valid form asks for; None, and an error in the form, if somebody took the name between the form's check and now; commits."""
    try:
        user = queries.add_user(form.username.data, hash_password(form.password.data))
        registration.admit(user)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        form.username.errors = ["This username is taken."]
        return None
    return user


def wait_page(template: str, form: FlaskForm, refusal: TooManyTriesError) -> Response:
    """The page with the form for somebody whose next try has to wait."""
    flash(str(refusal), "error")
    answer = make_response(render_template(template, form=form), 429)
    answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


@blueprint.get("/")
@open_to(members)
def index() -> ResponseReturnValue:
    """One's own account: what there is to set."""
    return render_template(
        "accounts/index.html",
        sessions=count_live_sessions(current_user.id, settings_of(current_app)),
        second_factor=has_second_factor(current_user.id),
        tokens=sum(not expired for _, expired in tokens_of(current_user.id)),
        identities=identities_of(current_user.id),
    )


@blueprint.route("/password", methods=["GET", "POST"])
@open_to(members)
def password() -> ResponseReturnValue:
    """Change one's own password, which ends one's other sessions."""
    form = PasswordForm()
    if not current_user.has_password:
        del form.current
    if form.validate_on_submit():
        ended = set_password(current_user, hash_password(form.password.data), but_session=current.current_session().id)
        audit.record("password.changed", ("user", current_user.id), sessions_ended=ended)
        db.session.commit()
        flash("Your password is changed. Wherever else you were logged in, you are not any more.", "success")
        return redirect(url_for("accounts.index"))
    return render_template("accounts/password.html", form=form)
