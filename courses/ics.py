"""A student's deadlines as a calendar (RFC 5545), for programs that ask for it again and again."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from courses.deadlines import DeadlineKind
from courses.overview import Card

REFRESH = timedelta(hours=1)


def calendar_of(course_name: str, title: str, cards: Iterable[Card], made_at: datetime) -> bytes:
    """One event for each moment from which a group's tasks keep less, named by what they keep until then. Instants are UTC."""
    calendar = Calendar()
    calendar.add("prodid", "-//Callboard//Deadlines//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{title}: deadlines")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for card in cards:
        for event in _events(course_name, title, card, made_at):
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(course_name: str, title: str, card: Card, made_at: datetime) -> Iterator[Event]:
    steps = card.deadline.steps
    for number, (before, step) in enumerate(zip(card.deadline.points, steps, strict=False)):
        # A first step of 100 % costs nothing, so it is no deadline.
        if step.share < before.share and step.at < card.deadline.end:
            text = f"last moment for {_percent(before.share)}" if card.deadline.kind is DeadlineKind.HARD else f"down to {_percent(step.share)}"
            yield _event(f"{course_name}-{card.id}-{number}", step.at, f"{title}: {card.name}, {text}", made_at)
    yield _event(f"{course_name}-{card.id}-end", card.deadline.end, f"{title}: {card.name} ends", made_at)


def _event(uid: str, at: datetime, summary: str, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@callboard")
    event.add("dtstamp", made_at)
    event.add("dtstart", at)
    event.add("summary", summary)
    return event


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g} %"
