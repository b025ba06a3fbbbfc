"""What wakes an operator: the sentence for each kind of alarm, and when it is told again."""

from datetime import datetime
from typing import Any

from workers.models import Alarm, AlarmKind, Tick

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 900.0
"""Seconds until an alarm is posted again that the webhook did not take: after the first time, and at most."""

OVER_AT_ONCE = (AlarmKind.ABANDONED_TICK, AlarmKind.SKIPPED_SLOT)


def skipped(tick: Tick) -> str:
    """That a slot was not launched."""
    return f"{tick.schedule} was not launched at {_instant(tick.slot)}, because {tick.reason}. The page Schedule shows what holds them up."


def abandoned(tick: Tick) -> str:
    """That a tick was given up."""
    return f"Tick {tick.id} of {tick.launches} ({_instant(tick.slot)}) was given up: {tick.reason}. The workers' log may say why."


def no_worker(queue: str) -> str:
    """That work waits and nobody does it."""
    return f'Work waits in the queue "{queue}", and no worker is connected. Start `dramatiq workers.main`, or see in its log why it ended.'


def unreachable(queue: str) -> str:
    """That work waits and nobody can be told of it."""
    return f'Work waits for the queue "{queue}", and RabbitMQ can\'t be reached. It goes on by itself when RabbitMQ is back.'


def old(tick: Tick) -> str:
    """That a tick stays open."""
    return f"Tick {tick.id} of {tick.launches} has been open since {_instant(tick.started_at)}. The page Schedule shows how far it is."


def growing(queue: str, waiting: int) -> str:
    """That more comes into a queue than is worked."""
    return f'The queue "{queue}" only grows: {waiting:,} messages wait. More workers would help, or fewer messages.'


def failed(messages: int) -> str:
    """That messages fail for good."""
    return f"{messages:,} messages failed for good within an hour. The page Messages shows them."


def body(alarm: Alarm) -> dict[str, Any]:
    """What is posted of an alarm, as JSON; Slack and Mattermost show its `text`. Instants are ISO 8601, in UTC."""
    resolved = alarm.kind not in OVER_AT_ONCE and alarm.ended_at is not None
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "text": f"Callboard, resolved: {alarm.text}" if resolved else f"Callboard: {alarm.text}",
        "began_at": alarm.began_at.isoformat(),
        "ended_at": alarm.ended_at.isoformat() if alarm.ended_at else None,
    }


def pause_after(attempts: int) -> float:
    """Seconds to wait after so many attempts, one or more, that failed: twice as long each time, up to a quarter of an hour."""
    return min(FIRST_PAUSE * 2.0 ** (attempts - 1), LONGEST_PAUSE)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
