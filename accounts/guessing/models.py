"""The table of failed logins."""

from datetime import datetime

from sqlalchemy import Double, String
from sqlalchemy.orm import Mapped, mapped_column

from project.database import UTCDateTime
from project.extensions import Model

LONGEST_SUBJECT = 320


class FailedLogins(Model):
    """How often somebody failed lately under a username, from an address, or on a device."""

    __tablename__ = "failed_logins"

    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT), primary_key=True)
    """`name:ada`, `address:192.0.2.7`, …: who is counted."""
    failures: Mapped[float] = mapped_column(Double)
    """At `last_at`; they fade, so this may be a part of one."""
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    blocked_until: Mapped[datetime] = mapped_column(UTCDateTime)
