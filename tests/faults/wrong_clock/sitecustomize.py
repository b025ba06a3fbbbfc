"""Python imports this first where PYTHONPATH names this folder: programs whose clock libfaketime makes wrong sleep in another way.

Since 3.11 Python sleeps until an instant of the monotonic clock, which libfaketime 0.9.10 refuses where it does not fake that clock too; and where
it does, every wait for a lock takes minutes.
"""

import select
import time


def sleep(seconds: float) -> None:
    """Do nothing for so many seconds."""
    select.select([], [], [], seconds)


time.sleep = sleep  # type: ignore[assignment]  # Python takes what counts as an integer too; nobody here has any
