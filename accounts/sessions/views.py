"""One's sessions: where one is logged in, and ending that."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts.blueprint import blueprint
from accounts.sessions import queries
from accounts.sessions.current import current_session
from project import audit
from project.access import members, open_to
from project.extensions import db, settings_of
from project.ids import id_from


@blueprint.get("/sessions")
@open_to(members)
def sessions() -> ResponseReturnValue:
    """One's live sessions."""
    settings = settings_of(current_app)
    live, number = queries.live_sessions(current_user.id, settings), queries.count_live_sessions(current_user.id, settings)
    return render_template("accounts/sessions.html", sessions=live, number=number, this=current_session().id)


@blueprint.post("/sessions/end")
@open_to(members)
def end_session() -> ResponseReturnValue:
    """End one of one's sessions."""
    session_id = id_from(request.form, "id")
    if session_id is None or not queries.end_session(session_id, current_user.id):
        abort(404)
    audit.record("session.ended", ("session", session_id))
    db.session.commit()
    flash("That session has ended.", "success")
    return redirect(url_for(".sessions"))


@blueprint.post("/sessions/end-others")
@open_to(members)
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's sessions but this one."""
    ended = queries.end_sessions(current_user.id, but=current_session().id)
    audit.record("session.others_ended", ("user", current_user.id), sessions_ended=ended)
    db.session.commit()
    flash("You are logged out everywhere else.", "success")
    return redirect(url_for(".sessions"))
