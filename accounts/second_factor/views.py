"""The second factor: setting it up, keeping it, and giving its code to log in."""

from flask import flash, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.blueprint import blueprint
from accounts.forms import OwnPasswordForm
from accounts.guessing import subjects
from accounts.guessing.subjects import Subject
from accounts.login import log_in
from accounts.second_factor import queries, setting_up, waiting
from accounts.second_factor.codes import app_uri, in_groups
from accounts.second_factor.forms import WRONG_APP_CODE, CodeForm, FirstCodeForm
from accounts.second_factor.proof import Proof, renew, turn_on
from accounts.second_factor.qr import qr_svg
from accounts.second_factor.required import is_required_of
from accounts.sessions.current import current_session, known_device
from project import audit
from project.access import everyone, members, open_to
from project.extensions import db


def this_session() -> Subject:
    """Who is counted when a code is typed by somebody who is logged in."""
    return subjects.of_session_code(current_user.id, current_session().id)


def code_page(template: str, form: CodeForm) -> ResponseReturnValue:
    """A page that asks for a code; 401 if the one that was sent is refused, 429 and how many seconds to wait if none is looked at."""
    answer = make_response(render_template(template, form=form), 401 if form.is_submitted() else 200)
    if form.wait:
        answer.status_code = 429
        answer.headers["Retry-After"] = str(form.wait.seconds)
    return answer


@blueprint.route("/login/code", methods=["GET", "POST"])
@open_to(everyone)
def login_code() -> ResponseReturnValue:
    """The second step of logging in."""
    found = waiting.find()
    if found is None:
        session.pop(waiting.KEY, None)
        flash("Begin to log in here; the code is asked for afterwards, and has to follow within five minutes.", "info")
        return redirect(url_for("accounts.login"))
    login, user = found
    form = CodeForm()
    proof = form.prove(user, subjects.of_code(user.id, known_device(user)))
    if proof is None:
        db.session.commit()
        return code_page("accounts/code.html", form)
    answer = log_in(user, remember=login.remember, target=login.target, how=f"{login.how} and {proof}")
    if proof is Proof.RECOVERY_CODE:
        flash(f"This recovery code is used up now. You have {queries.recovery_codes_left(user.id)} left; your account's page can make new ones.", "warning")
    return answer


@blueprint.route("/second-factor", methods=["GET", "POST"])
@open_to(members)
def second_factor() -> ResponseReturnValue:
    """What one's second factor is, and beginning to set it up."""
    app = queries.find_authenticator(current_user.id)
    form = OwnPasswordForm()
    if form.validate_on_submit():
        if not setting_up.begin(current_user):
            return already_on()
        db.session.commit()
        return redirect(url_for(".set_up_second_factor"))
    return render_template(
        "accounts/second_factor.html",
        form=form,
        on_since=app and app.confirmed_at,
        left=queries.recovery_codes_left(current_user.id),
        required=is_required_of(current_user),
    )


def already_on() -> ResponseReturnValue:
    """Refuse to set up what is on."""
    flash("Your second factor is on already. To use another app, turn it off first. If you have not seen your recovery codes, make new ones.", "error")
    return redirect(url_for(".second_factor"))


@blueprint.route("/second-factor/set-up", methods=["GET", "POST"])
@open_to(members)
def set_up_second_factor() -> ResponseReturnValue:
    """Show the secret to the app, and turn the second factor on once the app's first code is right."""
    if queries.has_second_factor(current_user.id):
        return already_on()
    app = setting_up.find(current_user)
    if app is None:
        flash("Begin here; the app's first code has to follow within ten minutes, in the same browser.", "info")
        return redirect(url_for(".second_factor"))
    form = FirstCodeForm()
    if form.validate_on_submit():
        if codes := turn_on(current_user, app.secret, form.code.data):
            db.session.commit()
            setting_up.end()
            return render_template("accounts/second_factor_codes.html", codes=map(in_groups, codes), just_on=True)
        form.code.errors = [WRONG_APP_CODE]
    uri = app_uri(app.secret, current_user.username)
    return render_template("accounts/second_factor_set_up.html", form=form, uri=uri, qr=qr_svg(uri), secret=in_groups(app.secret, " "))


@blueprint.route("/second-factor/recovery-codes", methods=["GET", "POST"])
@open_to(members)
def renew_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes."""
    if not queries.has_second_factor(current_user.id):
        return redirect(url_for(".second_factor"))
    form = CodeForm()
    codes = renew(current_user) if form.prove(current_user, this_session()) else None
    db.session.commit()
    if codes:
        return render_template("accounts/second_factor_codes.html", codes=map(in_groups, codes), just_on=False)
    return code_page("accounts/second_factor_renew.html", form)


@blueprint.route("/second-factor/off", methods=["GET", "POST"])
@open_to(members)
def turn_off_second_factor() -> ResponseReturnValue:
    """Turn one's second factor off."""
    if not queries.has_second_factor(current_user.id):
        return redirect(url_for(".second_factor"))
    if is_required_of(current_user):
        flash("Superusers of this site need a second factor; it can't be turned off.", "error")
        return redirect(url_for(".second_factor"))
    form = CodeForm()
    proved = form.prove(current_user, this_session())
    if proved:
        queries.turn_off(current_user.id)
        audit.record("second_factor.off", ("user", current_user.id))
    db.session.commit()
    if not proved:
        return code_page("accounts/second_factor_off.html", form)
    flash("Your second factor is off: your password alone logs you in.", "success")
    return redirect(url_for(".second_factor"))
