"""What runs in a process that serves the site, and in no other: the scheduler, and workers where there is no RabbitMQ."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler
from dramatiq import Worker
from flask import Flask
from pika.exceptions import AMQPError
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db, settings_of
from workers import queries, ticks, webhook
from workers.broker import BrokerUnreachable, InProcessBroker, RabbitBroker, broker_of
from workers.deadletters import drainer
from workers.monitor import history, sampling
from workers.outage import Outage
from workers.schedule import schedules_of, stopping_of
from workers.unreachable import why
from workers.watch import Watch

log = logging.getLogger(__name__)

BEAT_SECONDS = 1
SAMPLE_SECONDS = 5
ROLL_UP_SECONDS = 600
WATCH_SECONDS = 10
POST_SECONDS = 2
DRAIN_SECONDS = 10
SCHEDULE = "the schedule"
"""The job that asks the database most often, as the log calls it."""
WORKER_THREADS = 4
WORKER_TIMEOUT_MILLISECONDS = 200


class Serving:
    """The background of one serving process: a beat that keeps the schedules, a watch over workers, and perhaps worker threads."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._worker: Worker | None = None
        self._reopened = False
        self._watch = Watch()
        self._outage = Outage(witness=SCHEDULE)
        self._faults: dict[str, str] = {}

    def start(self) -> None:
        """Begin; the first beat comes at once."""
        broker = broker_of(self._app)
        if isinstance(broker, InProcessBroker):
            self._worker = Worker(broker, worker_threads=WORKER_THREADS, worker_timeout=WORKER_TIMEOUT_MILLISECONDS)
            broker.emit_after("process_boot")
            self._worker.start()
            broker.worked = True
        # A beat that comes late is as good as one in time, and of several late ones, one will do.
        late = {"misfire_grace_time": None, "coalesce": True}
        self._scheduler.add_job(self.beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now().astimezone(), **late)
        # Jobs of their own, for RabbitMQ or the webhook may take seconds to answer, and the beat must not wait for them.
        self._scheduler.add_job(self.watch, "interval", seconds=WATCH_SECONDS, **late)
        self._scheduler.add_job(self.sample, "interval", seconds=SAMPLE_SECONDS, **late)
        self._scheduler.add_job(self.roll_up, "interval", seconds=ROLL_UP_SECONDS, **late)
        if url := settings_of(self._app).alert_webhook_url:
            self._scheduler.add_job(self.post_alarms, "interval", args=[url], seconds=POST_SECONDS, **late)
        if isinstance(broker, RabbitBroker):
            self._scheduler.add_job(self.drain, "interval", args=[broker], seconds=DRAIN_SECONDS, **late)
        self._scheduler.start()

    def stop(self) -> None:
        """End within seconds: no further beat, and what the worker threads have in hand is committed."""
        stopping_of(self._app).set()
        self._scheduler.pause()
        # Before the jobs in hand are waited for: a webhook that says nothing may take longer than whoever ends this process waits.
        if self._worker:
            self._worker.stop(timeout=10_000)
        self._scheduler.shutdown()
        broker_of(self._app).close()

    def beat(self) -> None:
        """Launch what is due and look after what is open."""
        with self._waiting_for_the_database(SCHEDULE):
            self._publish_what_died_with_the_last_process()
            for schedule in schedules_of(self._app).all():
                self._step(schedule.name, partial(ticks.launch_due, schedule))
            for tick_id in queries.open_ticks():
                self._step(f"tick {tick_id}", partial(ticks.look_after, tick_id))

    def watch(self) -> None:
        """See whether somebody works the queues."""
        with self._waiting_for_the_database("the watch over workers"):
            self._step("the watch over workers", partial(self._watch.look, time.monotonic()))

    def sample(self) -> None:
        """See what is in the queues."""
        with self._waiting_for_the_database("the look at the queues"):
            self._step("the look at the queues", sampling.sample)

    def roll_up(self) -> None:
        """Make less of the monitor's past."""
        with self._waiting_for_the_database("the monitor's past"):
            self._step("the monitor's past", lambda: history.roll_up(queries.database_time()))

    def post_alarms(self, url: str) -> None:
        """Post the alarms that are due to the webhook."""
        with self._waiting_for_the_database("the posting of alarms"):
            self._step("the posting of alarms", partial(webhook.post_due, url))

    def drain(self, broker: RabbitBroker) -> None:
        """Move dead letters into the table of failed messages."""
        with self._waiting_for_the_database("the drainer of dead letters"):
            self._step("the drainer of dead letters", partial(drainer.drain, broker))

    @contextmanager
    def _waiting_for_the_database(self, who: str) -> Iterator[None]:
        """The app's context; trouble with the database ends the block, and is said once for all jobs, and once that it is over."""
        began_at = time.monotonic()
        try:
            with self._app.app_context():
                yield
        except SQLAlchemyError as fault:
            self._outage.met_by(who, began_at, fault)
        else:
            self._outage.over_for(who, began_at)

    def _step(self, what: str, step: Callable[[], object]) -> None:
        """Take one step of a job, so that its fault keeps no other schedule or tick from going on; the same fault is logged once."""
        try:
            step()
        except Exception as fault:
            if is_trouble(fault):
                raise
            db.session.rollback()
            if self._faults.get(what) == repr(fault):
                return
            if isinstance(fault, BrokerUnreachable | AMQPError):
                log.warning("%s waits for RabbitMQ: %s", what, why(fault))
            else:
                log.exception("%s: a step failed, and is tried again each beat", what)
            self._faults[what] = repr(fault)
        else:
            self._faults.pop(what, None)

    def _publish_what_died_with_the_last_process(self) -> None:
        """Once, and not before the database answers: without RabbitMQ the messages of open ticks are gone."""
        if self._worker and not self._reopened:
            if count := queries.publish_again_from_verified():
                log.info("%d open ticks are published again, for their messages died with the last process", count)
            self._reopened = True
