"""One's API tokens: making one, which is shown this once, and revoking it."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.blueprint import blueprint
from accounts.tokens import queries
from accounts.tokens.bearer import new_api_token
from accounts.tokens.forms import TokenForm
from project import audit
from project.access import members, open_to
from project.api import scopes_of
from project.extensions import db
from project.ids import id_from
from project.tokens import digest


@blueprint.route("/tokens", methods=["GET", "POST"])
@open_to(members)
def tokens() -> ResponseReturnValue:
    """One's tokens; the answer that makes one is the only one that shows it."""
    form = TokenForm()
    made = make_token(form) if form.validate_on_submit() else None
    if made:
        form = TokenForm(formdata=None)
    return render_template("accounts/tokens.html", form=form, made=made, tokens=queries.tokens_of(current_user.id), scopes=scopes_of(current_app))


def make_token(form: TokenForm) -> str | None:
    """Make the token that a valid form asks for; None, and an error in the form, for a user who has too many."""
    token, scopes = new_api_token(), set(form.scopes.data or ())
    row = queries.add_token(user_id=current_user.id, name=form.name.data, scopes=scopes, token_hash=digest(token), days=form.days.data)
    if row is None:
        db.session.rollback()
        form.form_errors.append(f"You have {queries.MOST_LIVE} tokens, which is the most there may be. Revoke one first.")
        return None
    audit.record("token.made", ("token", row.id), name=row.name, scopes=row.scopes, days=form.days.data)
    db.session.commit()
    return token


@blueprint.post("/tokens/revoke")
@open_to(members)
def revoke_token() -> ResponseReturnValue:
    """End one of one's tokens, or remove one that has expired."""
    token_id = id_from(request.form, "id")
    name = None if token_id is None else queries.revoke(token_id, current_user.id)
    if token_id is None or name is None:
        abort(404)
    audit.record("token.revoked", ("token", token_id), name=name)
    db.session.commit()
    flash(f"The token “{name}” opens nothing any more.", "success")
    return redirect(url_for(".tokens"))
