"""Signing in elsewhere, and what of elsewhere is linked to one's account."""

import logging

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from accounts import registration
from accounts.blueprint import blueprint
from accounts.forms import OwnPasswordForm
from accounts.identities import providers, queries
from accounts.identities.carrying import ERRAND, NEWCOMER, carried, carry, take
from accounts.identities.discovery import ProviderError
from accounts.identities.forms import NewcomerForm
from accounts.identities.newcomers import add_newcomer, suggested_username
from accounts.identities.providers import Voucher
from accounts.identities.vouching import vouched
from accounts.identities.ways_in import unlink_fault
from accounts.login import log_in, pass_first_factor
from project import audit, errors
from project.access import everyone, members, open_to
from project.extensions import db, settings_of
from project.ids import id_from
from project.leaving import leave_for
from project.providers import Provider

log = logging.getLogger(__name__)

LONGEST_TARGET = 500
"""Of an address to go to afterwards; a session has to fit into a cookie."""
NO_ERRAND = (
    "This sign-in was not begun in this browser, was begun more than ten minutes ago, or is done already. "
    "Nothing was changed. Go back to this site and begin again; it needs cookies."
)


@blueprint.get("/identities")
@open_to(members)
def identities() -> ResponseReturnValue:
    """What is linked to one's account, and what can be."""
    return _page(OwnPasswordForm())


@blueprint.post("/identities/<key>/begin")
@open_to(everyone)
def begin_sign_in(key: str) -> ResponseReturnValue:
    """Go to a provider to log in."""
    return _depart(_provider(key), target=request.form.get("next"), user_id=None)


@blueprint.post("/identities/<key>/link")
@open_to(members)
def begin_linking(key: str) -> ResponseReturnValue:
    """Go to a provider to link what one is there to one's account: another way in, so it takes the password."""
    provider, form = _provider(key), OwnPasswordForm()
    if not form.validate_on_submit():
        return _page(form), 401
    return _depart(provider, target=url_for(".identities"), user_id=current_user.id)


@blueprint.get("/identities/<key>/callback")
@open_to(everyone)
def come_back(key: str) -> ResponseReturnValue:
    """Take up the errand on which this browser, and no other, was sent to this provider, and to no other; it is taken up once."""
    provider, errand = _provider(key), take(ERRAND)
    if errand is None or errand["provider"] != key or errand["state"] != request.args.get("state"):
        log.warning("somebody came back from %s without an errand", key)
        return errors.page(400, "This sign-in can't go on", NO_ERRAND)
    if error := request.args.get("error"):
        return _said_no(provider, error, errand["target"])
    fitting = {name: errand[name] for name in ("redirect_uri", "nonce", "code_verifier")}
    try:
        voucher = providers.arrive(provider, request.args.get("code", ""), **fitting)
    except ProviderError as fault:
        return _failed(provider, fault, errand["target"])
    return _link(provider, voucher, errand["user_id"]) if errand["user_id"] else _sign_in(provider, voucher, errand["target"])


@blueprint.route("/identities/new", methods=["GET", "POST"])
@open_to(everyone)
def choose_username() -> ResponseReturnValue:
    """Make an account for whom a provider has just vouched for."""
    newcomer = carried(NEWCOMER)
    if newcomer is None:
        flash("Begin again: a sign-in waits ten minutes for a username.", "error")
        return redirect(url_for(".login"))
    if refused := registration.refusal():
        return refused
    provider, voucher = _provider(newcomer["provider"]), Voucher(**newcomer["voucher"])
    form = NewcomerForm(username=suggested_username(voucher))
    if form.validate_on_submit():
        try:
            user = add_newcomer(form.username.data, voucher, provider)
        except registration.InviteGoneError:
            db.session.rollback()
            return registration.invite_gone()
        if user:
            answer = log_in(user, remember=False, target=newcomer["target"], how=provider.key)
            flash(f"Welcome, {user.username}.", "success")
            return answer
        form.username.errors = [f"Somebody was faster: this username is taken now, or your account at {provider.name} was linked."]
    return render_template("accounts/identities/new.html", form=form, provider=provider, voucher=voucher)


@blueprint.post("/identities/unlink")
@open_to(members)
def unlink() -> ResponseReturnValue:
    """Unlink an identity from one's account."""
    configured = {provider.issuer for provider in _providers()}
    identity_id = id_from(request.form, "id")
    mine = {identity.id: identity for identity in queries.lock_identities(current_user.id)}
    if identity_id not in mine:
        abort(404)
    gone = mine.pop(identity_id)
    if fault := unlink_fault(gone.issuer, [other.issuer for other in mine.values()], configured=configured, has_password=current_user.has_password):
        db.session.rollback()
        flash(fault, "error")
        return redirect(url_for(".identities"))
    queries.unlink(gone.id)
    audit.record("identity.unlinked", ("user", current_user.id), issuer=gone.issuer)
    db.session.commit()
    flash(f"{gone.name} is not linked to your account any more.", "success")
    return redirect(url_for(".identities"))


def _providers() -> tuple[Provider, ...]:
    """The site's providers; 404 where there is none."""
    return settings_of(current_app).providers or abort(404)


def _page(form: OwnPasswordForm) -> str:
    """One's own page: what is linked, and what can be, if the form's password is right."""
    names = {provider.issuer: provider.name for provider in _providers()}
    return render_template("accounts/identities/index.html", identities=queries.identities_of(current_user.id), names=names, form=form)


def _provider(key: str) -> Provider:
    """The provider that addresses call `key`, or 404."""
    return next((provider for provider in _providers() if provider.key == key), None) or abort(404)


def _depart(provider: Provider, *, target: str | None, user_id: int | None) -> ResponseReturnValue:
    """Send the browser off, with the errand to link what it comes back with to the user `user_id`, or else to log in and go to `target`."""
    short = target if target and len(target) <= LONGEST_TARGET else None
    # One for each provider: an answer that another provider had to give would not even arrive here (RFC 9700, section 4.4.2).
    redirect_uri = url_for(".come_back", key=provider.key, _external=True)
    try:
        departure = providers.depart(provider, redirect_uri)
    except ProviderError as fault:
        return _failed(provider, fault, short)
    carry(
        ERRAND,
        provider=provider.key,
        state=departure.state,
        nonce=departure.nonce,
        code_verifier=departure.code_verifier,
        redirect_uri=redirect_uri,
        target=short,
        user_id=user_id,
    )
    return leave_for(departure.url, provider.name)


def _link(provider: Provider, voucher: Voucher, user_id: int) -> ResponseReturnValue:
    """Link what was proved to the user who set out for that, and is still the one who is logged in."""
    if not current_user.is_authenticated or current_user.id != user_id:
        flash("You are not logged in any more, so nothing was linked. Log in, and link it then.", "error")
        return redirect(url_for(".login", next=url_for(".identities")))
    if queries.link(user_id, issuer=voucher.issuer, subject=voucher.subject, name=voucher.name):
        audit.record("identity.linked", ("user", user_id), issuer=voucher.issuer)
        vouched(current_user, provider, voucher)
        db.session.commit()
        flash(f"You can log in with {provider.name} now, as {voucher.name}.", "success")
        return redirect(url_for(".identities"))
    linked = queries.find_linked(voucher.issuer, voucher.subject)
    if linked and linked[1].id == user_id:
        flash(f"{voucher.name} at {provider.name} was linked to your account before.", "info")
    else:
        flash(f"{voucher.name} at {provider.name} is linked to another account here. Log in to that one and unlink it there first.", "error")
    return redirect(url_for(".identities"))


def _sign_in(provider: Provider, voucher: Voucher, target: str | None) -> ResponseReturnValue:
    """Log in the user whom what was proved is linked to."""
    linked = queries.find_linked(voucher.issuer, voucher.subject)
    if linked is None:
        return _welcome(provider, voucher, target)
    identity, user = linked
    if not user.is_active:
        audit.record("login.refused", ("user", user.id), reason="not active", how=provider.key)
        db.session.commit()
        flash(f"The account that {voucher.name} at {provider.name} is linked to is not active. A superuser of this site can activate it.", "error")
        return redirect(url_for(".login"))
    queries.use(identity.id)
    vouched(user, provider, voucher)
    return pass_first_factor(user, remember=False, target=target, how=provider.key)


def _welcome(provider: Provider, voucher: Voucher, target: str | None) -> ResponseReturnValue:
    """Let somebody whom nobody knows choose a username, or say what to do where not everybody may register."""
    if registration.may_register():
        carry(NEWCOMER, provider=provider.key, voucher=vars(voucher), target=target)
        return redirect(url_for(".choose_username"))
    audit.record("login.refused", reason="not linked", how=provider.key)
    db.session.commit()
    flash(
        f"No account here is linked to {voucher.name} at {provider.name}. Log in with your password; then link it under Your account, Sign-in elsewhere.",
        "error",
    )
    return redirect(url_for(".login", next=target))


def _said_no(provider: Provider, error: str, target: str | None) -> ResponseReturnValue:
    """Say that somebody, or the provider, called it off (OpenID Connect Core 1.0, section 3.1.2.6)."""
    if error == "access_denied":
        log.info("somebody said no at %s", provider.key)
        flash(f"{provider.name} was not allowed to say who you are, so nothing was changed.", "info")
        return _back(target)
    return _failed(provider, ProviderError(f"it sent the browser back with the error {error[:100]!r}"), target)


def _failed(provider: Provider, fault: ProviderError, target: str | None) -> ResponseReturnValue:
    """Say it to whoever waits for the provider, and why to whoever runs the site."""
    log.error("%s can't be used to sign in: %s", provider.key, fault)
    flash(
        f"{provider.name} does not answer as it should, so nothing was changed. Try again in a few minutes, or another way; if it stays, tell whoever runs "
        "this site.",
        "error",
    )
    return _back(target)


def _back(target: str | None) -> ResponseReturnValue:
    """Go where one set out from."""
    if current_user.is_authenticated:
        return redirect(url_for(".identities"))
    return redirect(url_for(".login", next=target))
