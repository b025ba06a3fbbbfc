"""A new password, however it comes about: what the old one opened is closed."""

from accounts.guessing.queries import forget_logins_of
from accounts.links.queries import void_password_links
from accounts.models import User
from accounts.sessions.queries import end_sessions, forget_devices


def set_password(user: User, password_hash: str, *, but_session: int | None = None) -> int:
    """Give the user another password, and end all sessions but one; how many; the caller commits.

    Links that would set a password are void from now on, and no device passes as a known one but that of the session. Wrong tries to log in are
    forgotten, so that whoever has the new password need not wait.
    """
    user.password_hash = password_hash
    ended = end_sessions(user.id, but=but_session)
    forget_devices(user.id, but=but_session)
    void_password_links(user.id)
    forget_logins_of(user.id, user.username)
    return ended
