"""Pausing, resuming and stopping the worker of this process, a step with each heartbeat; no step waits for a message to end."""

import logging
import os
import signal
from contextlib import suppress
from queue import Empty, PriorityQueue
from typing import Any

from dramatiq import Worker
from flask import Flask

from workers import pulse
from workers.batch import Writers
from workers.broker import RabbitBroker
from workers.monitor.models import WorkerState
from workers.work_queue import WorkQueue

log = logging.getLogger(__name__)


class Control:
    """What a worker is doing as a whole. Its steps are taken in one thread.

    To pause, threads finish what they have in hand and what they handed to batches is committed; then the consumers let go of
    their connections, and RabbitMQ takes back all that they had fetched ahead. Dramatiq's own pause keeps that, as does a worker
    inside the process that serves the site: nobody else could have it.
    """

    def __init__(self, app: Flask, worker: Worker, command_pid: int | None) -> None:
        self.state = WorkerState.ONLINE
        self.command_pid = command_pid
        self._app = app
        self._worker = worker
        self._told_to_stop = False

    @property
    def is_changing(self) -> bool:
        """Whether the next step should come soon."""
        return self.state == WorkerState.PAUSING

    def is_stopping(self) -> None:
        """The worker was told to stop, by a signal."""
        self.state = WorkerState.STOPPING

    def has_stopped(self) -> None:
        """The worker has stopped."""
        self.state = WorkerState.STOPPED

    def uncommitted(self) -> int:
        """How many messages wait for their rows to be committed."""
        writers: Writers = self._app.extensions["workers"].writers
        return writers.unsettled()

    def step(self, wanted: WorkerState) -> None:
        """Take a step from what the worker does to what is wanted of it."""
        if self.state in (WorkerState.STOPPING, WorkerState.STOPPED):
            return
        if wanted == WorkerState.STOPPED:
            self._stop_command()
        elif self.state == WorkerState.PAUSING:
            # Whatever is wanted meanwhile: half a pause can't be taken back.
            self._pause_on()
        elif wanted == WorkerState.PAUSED and self.state == WorkerState.ONLINE:
            for thread in self._worker.workers:
                thread.pause()
            self.state = WorkerState.PAUSING
            log.info("pausing: the threads finish what they have in hand")
        elif wanted == WorkerState.ONLINE and self.state == WorkerState.PAUSED:
            self._worker.resume()
            self.state = WorkerState.ONLINE
            log.info("resumed")

    def keep_pulse(self) -> None:
        """Let the health check see a worker that is paused as sound: nobody listens, and that is as it should be."""
        if self.state == WorkerState.PAUSED:
            try:
                pulse.beat_all()
            except OSError as fault:
                log.warning("the health check will take this worker for dead: %s", fault)

    def _pause_on(self) -> None:
        consumers = list(self._worker.consumers.values())
        # A thread that is dead holds nothing.
        if not all(thread.paused_event.is_set() or not thread.is_alive() for thread in self._worker.workers) or self.uncommitted():
            return
        if isinstance(self._worker.broker, RabbitBroker):
            for consumer in consumers:
                if not consumer.paused:
                    consumer.pause()
            if not all(consumer.paused_event.is_set() for consumer in consumers):
                return
            # Their connections are closed, so RabbitMQ has again what they had fetched, and here it is to be forgotten.
            _empty(self._worker.work_queue)
            for consumer in consumers:
                consumer.delay_queue = PriorityQueue()
        self.state = WorkerState.PAUSED
        log.info("paused")

    def _stop_command(self) -> None:
        if self._told_to_stop:
            return
        if self.command_pid is None:
            log.warning("asked to stop, which a worker inside the process that serves the site does not")
        elif os.getppid() == self.command_pid:
            log.info("asked to stop: so is the dramatiq command, process %d, with all its workers", self.command_pid)
            os.kill(self.command_pid, signal.SIGTERM)
        else:
            log.info("asked to stop; the dramatiq command is gone already")
            os.kill(os.getpid(), signal.SIGTERM)
        self._told_to_stop = True


def _empty(queue: "WorkQueue | PriorityQueue[Any]") -> None:
    with suppress(Empty):
        while True:
            queue.get_nowait()
            queue.task_done()
