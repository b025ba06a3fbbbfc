"""The database being away, as the jobs of one serving process meet it: told once, by whichever is first, and once when it is over."""

import logging
import threading
import time

log = logging.getLogger(__name__)


class Outage:
    """Whether the process waits for the database. Its jobs run in threads of their own.

    One of the jobs is the witness: it asks the database often, and that it went well is the end of the outage. Of another job that goes on failing
    nothing more is said: what it lacks, a table whose migration is late, say, is not the whole database.
    """

    def __init__(self, witness: str) -> None:
        self._witness = witness
        self._lock = threading.Lock()
        self._failing: set[str] = set()
        self._lasts = False
        self._changed_at = 0.0

    def met_by(self, job: str, began_at: float, fault: BaseException) -> None:
        """A job that began at a reading of the monotonic clock found the database away."""
        with self._lock:
            # What began before the end of an outage has met that one.
            news = job not in self._failing and began_at > self._changed_at
            self._failing.add(job)
            if news and not self._lasts:
                log.error("this process waits for the database, as %s found: %s", job, fault.__cause__ or fault)
                self._lasts = True
            if self._lasts:
                self._changed_at = time.monotonic()

    def over_for(self, job: str, began_at: float) -> None:
        """A job that began at a reading of the monotonic clock went well."""
        with self._lock:
            self._failing.discard(job)
            if self._lasts and job == self._witness and began_at > self._changed_at:
                log.info("the database is back, and this process goes on")
                self._lasts = False
                self._changed_at = time.monotonic()
