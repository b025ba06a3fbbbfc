"""The table of one-time links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime
from project.extensions import Model

LONGEST_NOTE = 120


class Purpose(StrEnum):
    """What a link is good for."""

    PASSWORD = "password"
    INVITE = "invite"


class OneTimeLink(Model):
    """A link that does one thing once; its token is shown to whoever makes it, and kept hashed."""

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    """Whose password it sets, or who registered with it."""
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="SET NULL"), index=True)
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    """Whom it is for, in the words of whoever made it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = ({"sqlite_autoincrement": True},)
