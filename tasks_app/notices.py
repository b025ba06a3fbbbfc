"""What Tasks pin to the front page."""

from typing import Any

from project.access import superusers
from project.home import Notice
from tasks_app import queries

NEWEST = 5


def facts() -> dict[str, Any]:
    """How many Tasks there are, and the newest."""
    return {"amount": queries.count_tasks(), "newest": queries.newest_tasks(NEWEST)}


tasks_notice = Notice(rule=superusers, place=20, template="tasks/_notice.html", facts=facts)
