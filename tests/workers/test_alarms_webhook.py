"""Alarms are posted once per event, again until they are taken, by one process at a time; and the address stays a secret."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from project.extensions import db
from tests.apps import close, make_app
from tests.place import free_port
from tests.waiting import wait_until
from tests.workers.ledger import run_in_threads
from tests.workers.webhooks import TOKEN, Webhook, webhook
from workers import alarm_queries
from workers.models import Alarm, AlarmKind
from workers.serving import Serving
from workers.webhook import post_due

HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A webhook that takes all that comes."""
    with webhook() as hook:
        yield hook


@pytest.fixture
def other(context: Flask, database_url: str) -> Iterator[Flask]:
    """Another process's app on the same database."""
    app = make_app(database_url)
    yield app
    close(app)


def skip(number: int = 1) -> list[int]:
    """So many alarms that are over at once; their ids."""
    for about in range(number):
        alarm_queries.record(AlarmKind.SKIPPED_SLOT, str(about), "A slot was skipped.")
    db.session.commit()
    return [alarm.id for alarm in all_alarms()]


def all_alarms() -> list[Alarm]:
    """Every alarm, oldest first."""
    return list(db.session.scalars(select(Alarm).order_by(Alarm.id).execution_options(populate_existing=True)))


def let_time_pass(seconds: float) -> None:
    """Move all that is known of the alarms so many seconds into the past."""

    def earlier(instant: datetime | None) -> datetime | None:
        return instant and instant - timedelta(seconds=seconds)

    for alarm in all_alarms():
        alarm.began_at -= timedelta(seconds=seconds)
        alarm.next_try_at -= timedelta(seconds=seconds)
        alarm.ended_at, alarm.posted_at = earlier(alarm.ended_at), earlier(alarm.posted_at)
    db.session.commit()


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the posting has logged, by level."""
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "workers.webhook"]


def test_an_alarm_is_posted_once(context: Flask, hook: Webhook) -> None:
    ids = skip()

    post_due(hook.url)
    let_time_pass(HOUR)
    post_due(hook.url)

    assert hook.ids == ids
    assert hook.taken[0]["text"] == "Callboard: A slot was skipped."


def test_two_processes_that_post_at_once_post_each_alarm_once(context: Flask, other: Flask, hook: Webhook) -> None:
    ids = skip(20)

    threads = [Thread(target=run_in_threads, args=(app, lambda: post_due(hook.url), 2)) for app in (context, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever lost the race for a row stopped there; what is left comes with the next look.
    post_due(hook.url)

    assert sorted(hook.ids) == ids


def test_an_alarm_that_is_being_posted_is_left_alone(context: Flask, other: Flask, hook: Webhook) -> None:
    ids = skip()

    def post_from_the_other_process() -> None:
        hook.before_answering = lambda: None
        run_in_threads(other, lambda: post_due(hook.url), 1)

    hook.before_answering = post_from_the_other_process

    post_due(hook.url)

    assert hook.ids == ids


def test_an_alarm_whose_poster_died_is_posted_when_its_lease_has_run_out(context: Flask, hook: Webhook) -> None:
    ids = skip()
    assert alarm_queries.claim("dead")

    post_due(hook.url)
    assert hook.ids == []
    let_time_pass(alarm_queries.LEASE_SECONDS + 1)
    post_due(hook.url)

    assert hook.ids == ids


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_alarm_that_is_refused_is_posted_again_after_a_pause(context: Flask, hook: Webhook, status: int) -> None:
    ids = skip()
    hook.status = status

    post_due(hook.url)
    post_due(hook.url)
    assert hook.ids == ids
    hook.status = 204
    let_time_pass(11)
    post_due(hook.url)
    let_time_pass(HOUR)
    post_due(hook.url)

    assert hook.ids == ids * 2


def test_an_alarm_that_finds_nobody_is_posted_when_somebody_is_there(context: Flask, hook: Webhook) -> None:
    ids = skip()

    post_due(f"http://127.0.0.1:{free_port()}/hooks/{TOKEN}")
    let_time_pass(11)
    post_due(hook.url)

    assert hook.ids == ids


def test_one_alarm_that_is_refused_keeps_no_other_back(context: Flask, hook: Webhook) -> None:
    ids = skip(3)
    hook.status = 500

    post_due(hook.url)

    assert hook.ids == ids


def test_an_alarm_that_nobody_took_for_a_day_is_given_up_with_one_line(context: Flask, hook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    skip()
    hook.status = 500
    for _ in range(8):
        post_due(hook.url)
        let_time_pass(901)
    let_time_pass(DAY - 8 * 901 - 10)

    for _ in range(3):
        post_due(hook.url)
        let_time_pass(901)

    assert len(hook.taken) == 9
    assert [line for level, line in said(caplog) if level == "ERROR"] == ["alarm 1 is given up: the webhook did not take it for a day, at last for status 500"]


def test_what_is_older_than_a_day_when_a_webhook_is_set_is_not_posted(context: Flask, hook: Webhook) -> None:
    skip()
    let_time_pass(DAY + 1)

    post_due(hook.url)

    assert hook.ids == []


def test_the_end_of_what_lasted_is_posted_too(context: Flask, hook: Webhook) -> None:
    alarm_queries.begin(AlarmKind.NO_WORKER, "numbers", "Nobody is there.", lasted=60)
    post_due(hook.url)
    alarm_queries.end(AlarmKind.NO_WORKER, "numbers")

    post_due(hook.url)
    post_due(hook.url)

    assert [(body["id"], body["text"], body["ended_at"] is None) for body in hook.taken] == [
        (1, "Callboard: Nobody is there.", True),
        (1, "Callboard, resolved: Nobody is there.", False),
    ]


def test_what_ends_while_its_beginning_is_being_posted_is_told_afterwards(context: Flask, other: Flask, hook: Webhook) -> None:
    alarm_queries.begin(AlarmKind.NO_WORKER, "numbers", "Nobody is there.", lasted=60)
    hook.before_answering = lambda: run_in_threads(other, lambda: alarm_queries.end(AlarmKind.NO_WORKER, "numbers"), 1)
    post_due(hook.url)

    let_time_pass(alarm_queries.LEASE_SECONDS + 1)
    post_due(hook.url)

    assert [body["text"] for body in hook.taken] == ["Callboard: Nobody is there.", "Callboard, resolved: Nobody is there."]


def test_what_ended_before_it_could_be_posted_is_told_once(context: Flask, hook: Webhook) -> None:
    alarm_queries.begin(AlarmKind.NO_WORKER, "numbers", "Nobody is there.", lasted=60)
    alarm_queries.end(AlarmKind.NO_WORKER, "numbers")

    post_due(hook.url)
    post_due(hook.url)

    assert [body["text"] for body in hook.taken] == ["Callboard, resolved: Nobody is there."]


def test_a_process_that_is_stopping_posts_nothing_more(context: Flask, hook: Webhook) -> None:
    ids = skip(3)
    hook.before_answering = context.extensions["workers"].stopping.set

    post_due(hook.url)

    assert hook.ids == ids[:1]


@pytest.mark.parametrize("trouble", ["status", "refused", "unresolvable", "address"])
def test_the_address_of_the_webhook_is_never_logged(context: Flask, hook: Webhook, caplog: pytest.LogCaptureFixture, trouble: str) -> None:
    caplog.set_level("INFO")
    hook.status = 500
    skip()
    urls = {
        "status": hook.url,
        "refused": f"http://127.0.0.1:{free_port()}/hooks/{TOKEN}",
        "unresolvable": f"http://no-such-host.invalid/hooks/{TOKEN}",
        "address": f"http://{'a' * 70}..b/hooks/{TOKEN}",
    }

    post_due(urls[trouble])

    assert [level for level, _ in said(caplog)] == ["WARNING"]
    assert TOKEN not in caplog.text


def test_the_log_says_what_hinders(context: Flask, caplog: pytest.LogCaptureFixture) -> None:
    skip()

    post_due(f"http://127.0.0.1:{free_port()}/")

    assert said(caplog) == [("WARNING", "alarm 1: the webhook did not take it, attempt 1: ConnectionError, Connection refused")]


def test_a_webhook_that_says_nothing_is_not_waited_for_forever(context: Flask, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.webhook.READ_SECONDS", 0.05)
    skip()
    asked_enough = Event()
    hook.before_answering = lambda: asked_enough.wait(10)

    post_due(hook.url)
    asked_enough.set()

    assert [alarm.posted_at for alarm in all_alarms()] == [None]


@pytest.fixture
def serving(database_url: str, hook: Webhook, request: pytest.FixtureRequest) -> Iterator[tuple[Flask, Serving]]:
    """A serving process with the webhook."""
    app = make_app(database_url, alert_webhook_url=hook.url if request.param else None)
    serving = Serving(app)
    serving.start()
    yield app, serving
    serving.stop()
    close(app)


@pytest.mark.parametrize("serving", [True], indirect=True)
def test_a_serving_process_posts_what_is_recorded(serving: tuple[Flask, Serving], hook: Webhook) -> None:
    with serving[0].app_context():
        ids = skip(2)

    wait_until(lambda: hook.ids == ids)


@pytest.mark.parametrize("serving", [False], indirect=True)
def test_without_an_address_nothing_is_posted(serving: tuple[Flask, Serving]) -> None:
    assert "post_alarms" not in [job.func.__name__ for job in serving[1]._scheduler.get_jobs()]
