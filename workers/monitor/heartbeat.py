"""The heartbeat of a process that works messages: every few seconds one transaction says how it is and what it did, and hears what it is to do."""

import logging
import os
import socket
import threading
from datetime import timedelta
from time import perf_counter
from typing import Any

import dramatiq
import psutil
from dramatiq import Middleware, Worker
from dramatiq.broker import Broker
from dramatiq.common import q_name
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import utc_now
from project.extensions import db
from workers.broker import RabbitBroker
from workers.monitor import queries
from workers.monitor.control import Control
from workers.monitor.gathering import Counts, add, gathering_of
from workers.monitor.models import Outcome, WorkerState
from workers.records import call_of, storable_text

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
CHANGING_SECONDS = 0.5
"""Between two heartbeats while the process changes its state."""
LAST_BEAT_SECONDS = 10.0


class Heartbeat(Middleware):
    """Begins the heartbeat where a process was booted to work messages: not for a worker inside another program."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._booted = False
        self._heart: Heart | None = None

    def after_process_boot(self, broker: Broker) -> None:
        """Called by Dramatiq's own worker processes, and by the one that serves the site, before they make their worker."""
        self._booted = True

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Begin."""
        if self._booted:
            self._heart = Heart(self._app, worker)
            self._heart.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Say at once that the process is about to end, which may take long."""
        if self._heart:
            self._heart.stopping()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Write what is still to be written, and end."""
        if self._heart:
            self._heart.end()


class Heart(threading.Thread):
    """The thread that beats."""

    def __init__(self, app: Flask, worker: Worker) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._app = app
        self._worker = worker
        self._control = Control(app, worker, os.getppid() if isinstance(worker.broker, RabbitBroker) else None)
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._id: int | None = None
        self._counts: Counts = {}
        """What is not written yet, more of it while the database is away."""
        self._totals = dict.fromkeys(Outcome, 0)
        self._due = threading.Event()
        self._ended = threading.Event()
        self._in_trouble = False

    def stopping(self) -> None:
        """Beat now, and from now on as a process that stops."""
        self._control.is_stopping()
        self._due.set()

    def end(self) -> None:
        """Beat for the last time."""
        self._ended.set()
        self._due.set()
        # A database that hangs must not keep the process; the thread ends with it.
        self.join(LAST_BEAT_SECONDS)
        if self._counts:
            log.warning("the last %d messages are missing in the counts, for the database is away", sum(amount.messages for amount in self._counts.values()))

    def run(self) -> None:
        """Beat until the end."""
        while not self._ended.is_set():
            self._beat()
            self._due.wait(CHANGING_SECONDS if self._control.is_changing else BEAT_SECONDS)
            self._due.clear()
        self._control.has_stopped()
        self._beat()

    def _beat(self) -> None:
        counts = gathering_of(self._app).take()
        for kind, amount in counts.items():
            self._totals[kind.outcome] += amount.messages
        add(self._counts, counts)
        try:
            self._control.keep_pulse()
            # Leaving it rolls back what is not committed, for which the database may be gone as well.
            with self._app.app_context():
                wanted = self._write()
            self._in_trouble = False
            self._counts = {}
            self._step(wanted)
        except SQLAlchemyError as fault:
            if not self._in_trouble:
                log.warning("the heartbeat waits for the database: %s", fault.__cause__ or fault)
            self._in_trouble = True
        except Exception:
            # Messages are worked all the same, and the next heartbeat may go well.
            log.exception("a heartbeat failed")

    def _step(self, wanted: WorkerState) -> None:
        before = self._control.state
        self._control.step(wanted)
        if self._control.state != before:
            # Whoever asked for it is looking.
            self._due.set()

    def _write(self) -> WorkerState:
        """Write how the process is and what is not written yet; what it is wanted to be; commits."""
        vital = self._vital_signs()
        beat = self._id and queries.beat(self._id, **vital)
        if not beat:
            # The first one; or the database was away for so long that the row was too old to be kept.
            beat = queries.begin(**self._description(), **vital)
        self._id, at, wanted = beat
        queries.add_counts(at, self._counts)
        db.session.commit()
        return WorkerState(wanted)

    def _description(self) -> dict[str, Any]:
        queues = self._worker.consumer_whitelist or self._worker.broker.get_declared_queues()
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "command_pid": self._control.command_pid,
            "version": dramatiq.__version__,
            "queues": sorted({q_name(queue) for queue in queues}),
            "threads": self._worker.worker_threads,
            "prefetch": self._worker.queue_prefetch,
        }

    def _vital_signs(self) -> dict[str, Any]:
        at, reading = utc_now(), perf_counter()
        at_work = [
            {
                "actor": storable_text(message.actor_name),
                "message_id": storable_text(message.message_id),
                "call": call_of(message, self._worker.broker),
                "since": (at - timedelta(seconds=reading - began)).isoformat(),
            }
            for message, began in gathering_of(self._app).at_work()
        ]
        return {
            "state": self._control.state,
            **{outcome.value: total for outcome, total in self._totals.items()},
            "in_progress": len(at_work) + self._control.uncommitted(),
            "at_work": at_work,
            "cpu": self._process.cpu_percent(),
            "memory": self._process.memory_info().rss,
        }
