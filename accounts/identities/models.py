"""The table of identities."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime
from project.extensions import Model

LONGEST = 255
"""Of an issuer and a subject (OpenID Connect Core 1.0, section 2: a subject has at most 255 characters)."""


class Identity(Model):
    """Who a user is at a provider: linked by issuer and subject, never by an equal name."""

    __tablename__ = "identities"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(LONGEST))
    subject: Mapped[str] = mapped_column(String(LONGEST))
    name: Mapped[str] = mapped_column(String(LONGEST))
    """What the provider called the user when it was linked; only shown, never compared."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("uq_identities_issuer_subject", issuer, subject, unique=True),
        {"sqlite_autoincrement": True},
    )
