"""Rights: no change leaves the site without an active superuser, and nobody gives up the own one by mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.rights import change_fault

OWN = "You can't take your own superuser right away; another superuser can."
LAST = "This is the last active superuser; make another one first."
IDS = st.integers(1, 5)


@pytest.mark.parametrize(
    ("user_id", "stays", "superusers", "by", "fault"),
    [
        # A superuser changes others.
        (2, True, [1], 1, None),
        (2, False, [1], 1, None),
        (2, False, [1, 2], 1, None),
        (2, True, [1, 2], 1, None),
        # A superuser changes oneself.
        (1, True, [1], 1, None),
        (1, False, [1], 1, OWN),
        (1, False, [1, 2], 1, OWN),
        # The command line.
        (1, False, [1], None, LAST),
        (1, False, [1, 2], None, None),
        (1, True, [1], None, None),
        (2, False, [1], None, None),
        # Two superusers demote each other at once: whoever comes second is none any more.
        (2, False, [2], 1, LAST),
    ],
)
def test_which_changes_are_refused(user_id: int, stays: bool, superusers: list[int], by: int | None, fault: str | None) -> None:
    assert change_fault(user_id=user_id, stays_active_superuser=stays, active_superusers=superusers, by=by) == fault


@given(user_id=IDS, stays=st.booleans(), superusers=st.sets(IDS, min_size=1), by=st.none() | IDS)
def test_every_change_that_is_allowed_leaves_an_active_superuser(user_id: int, stays: bool, superusers: set[int], by: int | None) -> None:
    fault = change_fault(user_id=user_id, stays_active_superuser=stays, active_superusers=superusers, by=by)

    left = superusers | {user_id} if stays else superusers - {user_id}
    assert fault or left


@given(user_id=IDS, superusers=st.sets(IDS), by=st.none() | IDS)
def test_a_change_that_takes_nothing_away_is_never_refused(user_id: int, superusers: set[int], by: int | None) -> None:
    fault = change_fault(user_id=user_id, stays_active_superuser=True, active_superusers=superusers, by=by)

    assert fault is None
