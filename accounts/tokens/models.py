"""The table of personal API tokens."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from accounts.models import User
from project.database import BigId, UTCDateTime
from project.extensions import Model

LONGEST_TOKEN_NAME = 80


class ApiToken(Model):
    """A token that stands for its user towards JSON endpoints, within its scopes."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey(User.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TOKEN_NAME))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """To the minute."""

    __table_args__ = ({"sqlite_autoincrement": True},)
