"""What accounts pin to the front page: how it stands with one's own."""

from typing import Any

from flask_login import current_user

from accounts.second_factor.queries import has_second_factor
from project.access import members
from project.home import Notice


def facts() -> dict[str, Any]:
    """Whether logging in takes a code."""
    return {"second_factor": has_second_factor(current_user.id)}


account_notice = Notice(rule=members, place=90, template="accounts/_notice.html", facts=facts)
