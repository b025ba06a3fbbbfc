"""What a token tells of its own user, as JSON."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from project.access import members, open_to_token

blueprint = Blueprint("accounts_api", __name__, url_prefix="/accounts/api")


@blueprint.get("/me")
@open_to_token(members, "account:read")
def me() -> ResponseReturnValue:
    """Who one is, and what one may."""
    return {
        "id": current_user.id,
        "username": current_user.username,
        "is_superuser": current_user.is_superuser,
        "can_review_tasks": current_user.can_review_tasks,
    }
