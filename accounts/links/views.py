"""Where one-time links lead: to a new password, or to the form that makes an account. Whoever has the link is who may; opening it uses nothing up."""

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts import new_password, registration
from accounts.blueprint import blueprint
from accounts.links import queries
from accounts.links.forms import NewPasswordForm
from accounts.passwords import hash_password
from project import audit, errors
from project.access import everyone, open_to
from project.extensions import db
from project.tokens import digest


@blueprint.route("/set-password/<token>", methods=["GET", "POST"])
@open_to(everyone)
def set_password(token: str) -> ResponseReturnValue:
    """Set the password of the link's owner, once, and end the owner's sessions; a second factor stays."""
    owner = queries.owner_of_password_link(digest(token))
    if owner is None:
        return link_gone()
    form = NewPasswordForm(owner.username)
    if not form.validate_on_submit():
        return render_template("links/set_password.html", form=form, username=owner.username)
    password_hash = hash_password(form.password.data)
    user = queries.use_password_link(digest(token))
    if user is None:
        db.session.rollback()
        return link_gone()
    audit.record("password.set_by_link", ("user", user.id), sessions_ended=new_password.set_password(user, password_hash))
    db.session.commit()
    flash("Your password is set. Log in with it.", "success")
    return redirect(url_for(".login"))


@blueprint.get("/invite/<token>")
@open_to(everyone)
def invite(token: str) -> ResponseReturnValue:
    """Keep the invite, and go on to the form that makes an account."""
    return redirect(url_for(".register")) if registration.keep_invite(token) else registration.invite_gone()


def link_gone() -> Response:
    """The one page for a link that was used, has expired, is void or never was one."""
    return errors.page(
        410, "This link does not work any more", "It was used, has expired or was replaced by a newer one. Ask whoever gave it to you for a new one."
    )
