"""Memory that arrays have left, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Let the system have what the C library keeps of freed arrays, before much more is asked for.

    Of a large city that is 100 to 200 MB at the end of a step. Nothing where the library has no such call.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
