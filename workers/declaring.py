"""What queues are declared as, and what becomes of one that is there already and is something else."""

from typing import Any

from dramatiq.brokers.rabbitmq import DEAD_MESSAGE_TTL
from dramatiq.common import dq_name, xq_name
from dramatiq.errors import ConnectionClosed
from pika.exceptions import ChannelClosedByBroker

from workers.signals import SignallingBroker

QUEUE_ARGUMENTS: dict[str, tuple[dict[str, Any], ...]] = {
    # Before 3.12 RabbitMQ keeps the messages of a classic queue in memory too, unless the queue is lazy; to collect garbage there takes it a third of its time.
    # Later ones have no such mode, and take the word for nothing. A queue from before we said so stays as it is.
    "classic": ({"x-queue-mode": "lazy"}, {}),
    # From 4.0 on a message given back more than 20 times goes to the dead letters unless told otherwise, and a worker that dies gives back a thousand that
    # it never began. No limit at all can't be said in a way that both 3 and 4 take.
    "quorum": ({"x-queue-type": "quorum", "x-delivery-limit": 1_000_000},),
}
"""What queues are declared with besides what Dramatiq says, by `RABBITMQ_QUEUE_TYPE`: the first of these that RabbitMQ takes."""

PRECONDITION_FAILED = 406


class QueueDiffers(ConnectionClosed):
    """A queue is there already, and is not what this process would make it."""

    def __init__(self, queue_type: str, answer: str) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # Dramatiq leaves its errors' constructor untyped
            f"RABBITMQ_QUEUE_TYPE is {queue_type}, but the queue is there already and is something else. Set it back; or stop the site, let workers empty"
            f" the queue and its .DQ, stop them, delete the two and the .XQ, and start all again. RabbitMQ says: {answer}"
        )


class DeclaringBroker(SignallingBroker):
    """Dramatiq's broker on RabbitMQ, except that its queues are of a type."""

    def __init__(self, queue_type: str, **options: Any) -> None:
        super().__init__(**options)
        self._queue_type = queue_type

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Declare the queue and its two companions, in RabbitMQ if `ensure`. Raises BrokerUnreachable, or QueueDiffers."""
        try:
            super().declare_queue(queue_name, ensure=ensure)
        except ConnectionClosed as fault:
            # Dramatiq hands on pika's error as the message of its own.
            if getattr(fault.message, "reply_code", None) == PRECONDITION_FAILED:
                raise QueueDiffers(self._queue_type, fault.message.reply_text) from fault
            raise

    # Dramatiq 2.2 has no option for what a queue is declared with; these three methods are where it declares.

    def _declare_queue(self, queue_name: str) -> None:
        self._declare(queue_name, self._build_queue_arguments(queue_name))  # type: ignore[no-untyped-call]  # untyped in Dramatiq

    def _declare_dq_queue(self, queue_name: str) -> None:
        self._declare(dq_name(queue_name), self._build_queue_arguments(queue_name))  # type: ignore[no-untyped-call]  # untyped in Dramatiq

    def _declare_xq_queue(self, queue_name: str) -> None:
        self._declare(xq_name(queue_name), {"x-message-ttl": DEAD_MESSAGE_TTL})

    def _declare(self, name: str, arguments: dict[str, Any]) -> None:
        wishes = QUEUE_ARGUMENTS[self._queue_type]
        for wish in wishes:
            try:
                self.channel.queue_declare(queue=name, durable=True, arguments=arguments | wish)
            except ChannelClosedByBroker as refusal:
                if refusal.reply_code != PRECONDITION_FAILED or wish is wishes[-1]:
                    raise
                # RabbitMQ has closed it with its refusal.
                del self.channel
            else:
                return
