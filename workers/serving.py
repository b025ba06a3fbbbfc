"""What runs in a process that serves the site, and in no other: the scheduler, and workers where there is no RabbitMQ."""

import logging
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler
from dramatiq import Worker
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from workers import queries, ticks
from workers.broker import InProcessBroker, broker_of
from workers.schedule import schedules_of

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
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin; the first beat comes at once."""
        broker = broker_of(self._app)
        if isinstance(broker, InProcessBroker):
            self._worker = Worker(broker, worker_threads=WORKER_THREADS, worker_timeout=WORKER_TIMEOUT_MILLISECONDS)
            broker.emit_after("process_boot")
            self._worker.start()
            broker.worked = True
            self._publish_what_died_with_the_last_process()
        # A beat that comes late is as good as one in time, and of several late ones, one will do.
        self._scheduler.add_job(self.beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now().astimezone(), misfire_grace_time=None, coalesce=True)
        self._scheduler.start()

    def stop(self) -> None:
        """End within seconds: no further beat, and what the worker threads have in hand is committed."""
        self._app.extensions["workers"].stopping.set()
        self._scheduler.shutdown()
        if self._worker:
            self._worker.stop(timeout=10_000)
        broker_of(self._app).close()

    def beat(self) -> None:
        """Launch what is due and look after what is open; trouble with the database is said once, and once that it is over."""
        try:
            with self._app.app_context():
                for schedule in schedules_of(self._app).all():
                    ticks.launch_due(schedule)
                for tick_id in queries.open_ticks():
                    ticks.look_after(tick_id)
        except SQLAlchemyError as fault:
            if not is_trouble(fault):
                raise
            if self._trouble is None:
                log.error("the schedule waits for the database: %s", fault.__cause__ or fault)
            self._trouble = str(fault)
        else:
            if self._trouble is not None:
                log.info("the database is back, the schedule goes on")
            self._trouble = None

    def _publish_what_died_with_the_last_process(self) -> None:
        with self._app.app_context():
            if count := queries.publish_again_from_verified():
                log.info("%d open ticks are published again, for their messages died with the last process", count)
