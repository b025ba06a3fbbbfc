"""The tables of authenticator apps and recovery codes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime
from project.extensions import Model


class Authenticator(Model):
    """The secret that a user shares with an authenticator app (RFC 6238)."""

    __tablename__ = "authenticators"

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the app's first code was right; until then logging in asks for none."""
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the last code that was taken: a code is good once (RFC 6238, 5.2)."""


class RecoveryCode(Model):
    """A code that stands in once for the app's."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = ({"sqlite_autoincrement": True},)
