"""Python's collector of garbage, told what is none."""

import gc


def keep_what_is_loaded() -> None:
    """Have it never again look through what is there, once an app is made.

    These are two hundred thousand objects, and a look through them takes a tenth of a second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
