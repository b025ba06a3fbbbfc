"""Invites, for superusers."""

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_login import current_user

from accounts.links import queries
from accounts.links.forms import InviteForm
from accounts.links.models import Purpose
from project import audit
from project.access import superusers
from project.admin import ClosedView
from project.extensions import db, settings_of
from project.ids import id_from

PAGE = 50


class InviteView(ClosedView):
    """Who was invited to make an account, by whom, and whether they did."""

    rule = superusers
    place = 55

    def is_visible(self) -> bool:
        """Where no account takes an invite, the navigation has no place for them."""
        return settings_of(current_app).registration == "invite"

    @expose("/", methods=["GET", "POST"])
    def index(self) -> ResponseReturnValue:
        """The invites, newest first, and the form that makes one; its link is shown once, on the answer's page."""
        form = InviteForm()
        if form.validate_on_submit():
            link, token = queries.make_invite(form.note.data, by=current_user.id)
            audit.record("link.made", ("link", link.id), purpose=Purpose.INVITE)
            db.session.commit()
            return self.render("invites/made.html", link=link, url=url_for("accounts.invite", token=token, _external=True))
        found = queries.invites(id_from(request.args, "before"), PAGE + 1)
        return self.render(
            "invites/index.html",
            form=form,
            invites=found[:PAGE],
            registration=settings_of(current_app).registration,
            older_url=url_for(".index", before=found[PAGE - 1][0].id) if len(found) > PAGE else None,
            newest_url=url_for(".index") if "before" in request.args else None,
        )

    @expose("/revoke", methods=["POST"])
    def revoke(self) -> ResponseReturnValue:
        """Make an invite void that nobody has used."""
        link_id = id_from(request.form, "id")
        if link_id is None or not queries.revoke_invite(link_id):
            abort(404)
        audit.record("link.revoked", ("link", link_id), purpose=Purpose.INVITE)
        db.session.commit()
        flash("That invite does not work any more.", "success")
        return redirect(url_for(".index"))
