"""Which changes of users are refused, so that a site never loses its last superuser."""

from collections.abc import Collection


def change_fault(*, user_id: int, stays_active_superuser: bool, active_superusers: Collection[int], by: int | None = None) -> str | None:
    """Why the change may not be made, or None.

    `active_superusers` are the ids before the change; `by` is who makes it, None for the command line.
    """
    if stays_active_superuser or user_id not in active_superusers:
        return None
    if by == user_id:
        return "You can't take your own superuser right away; another superuser can."
    if len(active_superusers) == 1:
        return "This is the last active superuser; make another one first."
    return None


def deletion_fault(*, user_id: int, active_superusers: Collection[int], by: int | None = None) -> str | None:
    """Why the user may not be deleted, or None; the arguments are those of `change_fault`."""
    if by == user_id:
        return "You can't delete your own account; another superuser can."
    if user_id in active_superusers and len(active_superusers) == 1:
        return "This is the last active superuser; make another one first."
    return None
