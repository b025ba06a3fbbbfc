"""What Dramatiq logs of a message that fails: its arguments and its traceback, without what looks like a secret, as on the pages."""

import logging
import traceback
from typing import Any

from dramatiq.broker import Broker, MessageProxy
from flask import current_app, has_app_context

from workers.broker import broker_of
from workers.masking import masked_text, secrets_of
from workers.records import call_of, parameters_of

WORKER_LINES = "dramatiq.worker.WorkerThread"
"""The logger of what worker threads say."""


def mask(record: logging.LogRecord) -> bool:
    """A logging filter that drops nothing, for lines that are logged while a message is at work, in its app's context."""
    if has_app_context() and isinstance(record.args, tuple):
        broker = broker_of(current_app)
        secrets: set[str] = set()
        record.args = tuple(_shown(each, broker, secrets) for each in record.args)
        if record.exc_info:
            record.exc_text = masked_text("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"), secrets)
            record.exc_info = None
    return True


def _shown(argument: Any, broker: Broker, secrets: set[str]) -> Any:
    """What a line is made of, a message with masked arguments; adds what was masked in it."""
    if not isinstance(argument, MessageProxy):
        return argument
    try:
        secrets |= secrets_of(argument.args, argument.kwargs, parameters_of(broker, argument.actor_name))
        return f"{argument.actor_name}({call_of(argument, broker)})"
    except (AttributeError, TypeError):
        # What was decoded may be no list and no dict; a filter that raised would end the thread.
        return f"{argument.actor_name}(…)"


def register() -> None:
    """Have those lines masked; doing so twice changes nothing."""
    logging.getLogger(WORKER_LINES).addFilter(mask)
