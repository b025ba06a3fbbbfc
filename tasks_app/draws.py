"""What an actor hands to the batch: which Task, for which tick, and where in its range the number lies."""

import uuid
from typing import NamedTuple


class Draw(NamedTuple):
    """A number about to be drawn. The Task's limits are read by the batch, so that they and the number agree."""

    task_id: int
    tick_id: int | None
    message_id: uuid.UUID
    share: float
    """Where in the range, from 0 (lower limit) up to 1 (upper limit)."""
