"""Which instants a schedule has: the multiples of its interval since 1970, so that every process counts the same."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def latest_slot(at: datetime, interval: int) -> datetime:
    """The newest slot that is not after `at`; `interval` in seconds."""
    step = timedelta(seconds=interval)
    return EPOCH + (at - EPOCH) // step * step


def next_slot(at: datetime, interval: int) -> datetime:
    """The first slot after `at`; `interval` in seconds."""
    return latest_slot(at, interval) + timedelta(seconds=interval)
