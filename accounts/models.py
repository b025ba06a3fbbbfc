"""The table of users."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import Index, String, false, func, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from project.database import BigId, UTCDateTime, utc_now
from project.extensions import Model

LONGEST_NAME = 255


class User(UserMixin, Model):
    """Somebody with an account."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(LONGEST_NAME))
    password_hash: Mapped[str] = mapped_column(String(255))
    """Empty for a user without a password, who signs in elsewhere."""
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utc_now)
    can_review_tasks: Mapped[bool] = mapped_column(default=False, server_default=false())
    task_count: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many Tasks the user is the author of; tasks_app keeps it in the transaction that changes them."""

    __table_args__ = (
        Index("uq_users_username_lower", func.lower(username), unique=True),
        Index("ix_users_most_tasks", literal_column("0") - task_count, id),
        # What the list is sorted by.
        Index(None, task_count, id),
        Index(None, created_at, id),
        # Parts of names.
        Index("ix_users_username_parts", username, postgresql_using="gin", postgresql_ops={"username": "gin_trgm_ops"}).ddl_if(dialect="postgresql"),
        {"sqlite_autoincrement": True},
    )

    @property
    def has_password(self) -> bool:
        """Whether the user can log in with a password."""
        return bool(self.password_hash)

    def __str__(self) -> str:
        """The name that others know the user by."""
        return self.username
