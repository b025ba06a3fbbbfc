"""Why RabbitMQ could not be reached, in words that an operator knows; pika says it in those of its own inside."""

TIMED_OUT = "no answer in time"


def why(fault: BaseException) -> str:
    """What lies at the bottom of a fault of pika's or Dramatiq's: "connection refused", say."""
    cause = fault
    while inner := _inside(cause):
        cause = inner
    if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
        return TIMED_OUT
    said: str = getattr(cause, "strerror", None) or getattr(cause, "reply_text", None) or str(cause) or type(cause).__name__
    return said[0].lower() + said[1:] if said[1:2].islower() else said


def _inside(fault: BaseException) -> BaseException | None:
    candidates = (fault.__cause__, getattr(fault, "exception", None), *fault.args, getattr(fault, "message", None))
    return next((each for each in candidates if isinstance(each, BaseException) and each is not fault), None)
