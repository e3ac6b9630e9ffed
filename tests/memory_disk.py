"""Where the tests' files lie: in memory where the system has room for them.

Every commit waits for the disk, in the tests as in the product; thousands of commits on a slow disk
were most of what the suite waited for. What a killed process leaves is the same on either; no test
cuts the power. TMPDIR is obeyed where it names another folder than the system's own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")
_ROOM = 3 * 2**30


def use_memory_disk() -> None:
    """Let this process and those it starts keep their temporary files there."""
    if os.environ.get("TMPDIR", "/tmp").rstrip("/") != "/tmp" or not os.access(_MEMORY, os.W_OK):
        return
    if min(shutil.disk_usage(_MEMORY).free, psutil.virtual_memory().available) < _ROOM:
        return
    folder = _MEMORY / f"vcounter-tests-{os.getuid()}"
    folder.mkdir(mode=0o711, exist_ok=True)  # the database server passes through as another user
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
