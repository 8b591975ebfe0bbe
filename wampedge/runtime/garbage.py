"""How often a serving node looks for garbage: rarely, and not among what was there at the start.

Messages leave nothing behind for the garbage collector, only sessions that end do. With Python's
own settings a sixth of the time to accept a session went into looking through modules again.
"""

from __future__ import annotations

import contextlib
import gc
import sys

__all__ = ["settle"]

# Most objects of a kind that can be garbage that are made between two looks at the youngest, and
# looks at one generation for each look at the next. The product bounds what ended sessions can
# hold on to; it is as good as Python's own (700, 10, 10).
_THRESHOLDS = (5_000, 4, 3)


def settle() -> None:
    """Take what exists now for what will stay, once a start or a reload is over.

    Concerns the whole process, so it is for a program that is nothing but a node.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    _give_back_memory()


def _give_back_memory() -> None:
    """Give what the start needed and nobody holds to the kernel, where the C library can."""
    if "ctypes" not in sys.modules:
        return  # loading it would take more than it gives back
    import ctypes  # noqa: PLC0415 # see above

    with contextlib.suppress(OSError, AttributeError):  # musl does not know it
        ctypes.CDLL(None).malloc_trim(0)
