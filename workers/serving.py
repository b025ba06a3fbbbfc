"""What runs in a process that serves the site, and in no other: the scheduler, and workers where there is no RabbitMQ."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler
from dramatiq import Worker
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db
from workers import queries, ticks
from workers.broker import InProcessBroker, broker_of
from workers.schedule import schedules_of, stopping_of

log = logging.getLogger(__name__)

BEAT_SECONDS = 1
WORKER_THREADS = 4
WORKER_TIMEOUT_MILLISECONDS = 200


class Serving:
    """The background of one serving process: a beat that keeps the schedules, and perhaps worker threads."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._worker: Worker | None = None
        self._reopened = False
        self._in_trouble = False
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
        self._scheduler.add_job(self.beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now().astimezone(), misfire_grace_time=None, coalesce=True)
        self._scheduler.start()

    def stop(self) -> None:
        """End within seconds: no further beat, and what the worker threads have in hand is committed."""
        stopping_of(self._app).set()
        self._scheduler.shutdown()
        if self._worker:
            self._worker.stop(timeout=10_000)
        broker_of(self._app).close()

    def beat(self) -> None:
        """Launch what is due and look after what is open; trouble with the database is said once, and once that it is over."""
        try:
            with self._app.app_context():
                self._publish_what_died_with_the_last_process()
                for schedule in schedules_of(self._app).all():
                    self._step(schedule.name, partial(ticks.launch_due, schedule))
                for tick_id in queries.open_ticks():
                    self._step(f"tick {tick_id}", partial(ticks.look_after, tick_id))
        except SQLAlchemyError as fault:
            if not self._in_trouble:
                log.error("the schedule waits for the database: %s", fault.__cause__ or fault)
            self._in_trouble = True
        else:
            if self._in_trouble:
                log.info("the database is back, the schedule goes on")
            self._in_trouble = False

    def _step(self, what: str, step: Callable[[], object]) -> None:
        """Take one step of a beat, so that its fault keeps no other schedule or tick from going on; the same fault is logged once."""
        try:
            step()
        except Exception as fault:
            if is_trouble(fault):
                raise
            db.session.rollback()
            if self._faults.get(what) != repr(fault):
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
