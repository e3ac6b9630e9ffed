"""What the process gives back to the system."""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3  # mallopt(3)
LARGE_BYTES = 1 << 20


def return_large_blocks() -> None:
    """Make every freed block over 1 MiB go back to the system at once (glibc; else nothing).

    By default glibc learns from the first large block, such as a password hash's 16 MiB, to keep
    them, one for each thread that ever hashed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
