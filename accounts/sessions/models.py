"""The table of sessions."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime
from project.extensions import Model

LONGEST_DEVICE = 255


class LoginSession(Model):
    """A login, from its beginning until it ends; kept for a while afterwards, for it makes its device a known one."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    remember: Mapped[bool] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """To the minute: writing it with each request would cost more than it tells."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When somebody ended it; None for one that is live or that ran out."""
    address: Mapped[str | None] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(LONGEST_DEVICE))
    """What the browser says it is."""
    device_hash: Mapped[str] = mapped_column(String(64))
    """Of the cookie by which this browser is known again."""

    __table_args__ = (
        Index(None, user_id, device_hash),
        Index(None, last_seen_at),
        {"sqlite_autoincrement": True},
    )
