"""Messages that stay unacknowledged when their actor returns, until whoever holds them settles them: what batches rest on."""

import logging
from collections.abc import Callable, Iterable

from dramatiq import Consumer, MessageProxy
from dramatiq.errors import BrokerConnectionError

from workers.acks import ack_all

log = logging.getLogger(__name__)


def hold(message: MessageProxy) -> None:
    """Leave the message unacknowledged when its actor returns: whoever holds it settles it, else the broker delivers it again."""
    message.held = True  # type: ignore[attr-defined]  # a proxy takes attributes; Dramatiq declares none for this


def is_held(message: MessageProxy) -> bool:
    """Whether somebody holds the message."""
    return getattr(message, "held", False)


def is_kept(message: MessageProxy) -> bool:
    """Whether the message is to stay unacknowledged."""
    return getattr(message, "kept", False)


def keep(message: MessageProxy) -> None:
    """Leave the message unacknowledged whoever settles it: the broker delivers it again when this connection ends."""
    message.kept = True  # type: ignore[attr-defined]  # as in `hold`


class HoldingConsumer(Consumer):
    """The broker's own consumer, except that a message that somebody holds is acknowledged by its holder.

    Dramatiq acknowledges when the actor returns. A batch takes the message over before that and
    settles it when its row is committed.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def __next__(self) -> MessageProxy | None:
        """The next message, which knows where to settle; None when there was none for a while."""
        message = next(self._consumer)
        if message is not None:
            # A proxy looks in vain for each field before it asks its message, and two dozen are asked for; they never change.
            vars(message).update(vars(message._message), consumer=self, held=False, kept=False)
        return message

    def ack(self, message: MessageProxy) -> None:
        """Acknowledge, unless a holder will; a message whose connection is gone is kept."""
        self._settle(message, self._consumer.ack)

    def nack(self, message: MessageProxy) -> None:
        """Move the message to the dead letters, unless a holder will; a message whose connection is gone is kept."""
        self._settle(message, self._consumer.nack)

    def _settle(self, message: MessageProxy, settle: Callable[[MessageProxy], None]) -> None:
        if not self._may_settle(message):
            return
        try:
            settle(message)
        except BrokerConnectionError:
            # Dramatiq would try again every five seconds, though no connection takes the tags of another, and its worker could not stop meanwhile.
            log.info("message %s has ended, but its connection is gone; it will be delivered again", message.message_id)
            keep(message)

    def _may_settle(self, message: MessageProxy) -> bool:
        # After a reconnect Dramatiq settles old messages here too. Their tags mean others on this connection, and the broker delivers them again.
        return getattr(message, "consumer", None) is self and not is_held(message) and not is_kept(message)

    def settle_all(self, messages: Iterable[MessageProxy]) -> None:
        """Acknowledge or reject held messages of this consumer, from any thread. Raises BrokerUnreachable if its connection is gone."""
        succeeded = []
        for message in messages:
            if is_kept(message):
                continue
            if message.failed:
                self._consumer.nack(message)
            else:
                succeeded.append(message)
        if succeeded:
            ack_all(self._consumer, succeeded)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Give back messages that nobody began."""
        self._consumer.requeue(messages)

    def close(self) -> None:
        """End consuming."""
        self._consumer.close()
