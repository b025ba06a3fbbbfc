"""A record of each message that failed for good, whatever it holds, so that a tick can account for it and an operator can see it."""

import logging

from dramatiq import Middleware
from dramatiq.broker import Broker, MessageProxy
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from project.database import is_trouble
from project.extensions import db
from workers import queries
from workers.broker import broker_of
from workers.holding import keep
from workers.records import failure_of
from workers.schedule import stopping_of

log = logging.getLogger(__name__)

RECORD_AGAIN_SECONDS = 2.0


class Failures(Middleware):
    """Records each message that is rejected."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def before_worker_shutdown(self, broker: Broker, worker: object) -> None:
        """Whoever waits for the database waits no longer."""
        stopping_of(self._app).set()

    def before_nack(self, broker: Broker, message: MessageProxy) -> None:
        """Write the failure before the message leaves its queue for the dead letters, where it stays for a week.

        While the database is away this waits; a worker that stops meanwhile keeps the message, which is delivered again.
        """
        while trouble := self._record(message):
            log.warning("the failure of message %s can't be recorded yet: %s", message.message_id, trouble.__cause__ or trouble)
            if stopping_of(self._app).wait(RECORD_AGAIN_SECONDS):
                keep(message)
                return

    def _record(self, message: MessageProxy) -> Exception | None:
        try:
            # Leaving it rolls back what is not committed, for which the database may be gone as well.
            with self._app.app_context():
                queries.record_failure(**failure_of(message, broker_of(self._app)))
                db.session.commit()
        except SQLAlchemyError as error:
            if not is_trouble(error):
                raise
            return error
        return None
