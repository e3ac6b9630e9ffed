"""Ports for servers that a test starts, kills and starts again.

They lie below the range from which the system gives outgoing connections theirs: while the server
is down nobody can be given its port, not even a client that tries to reach it.
"""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _SHARE, _WORKERS = 20_000, 2_000, 6
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_numbers = itertools.count(os.getpid())  # another run on the same machine begins elsewhere


def free_port() -> int:
    """One that nobody listens on, and that this process has not given out for a long while."""
    for number in itertools.islice(_numbers, _SHARE):
        port = _FIRST + _worker * _SHARE + number % _SHARE
        if _is_free(port):
            return port
    raise RuntimeError("every port for tests is taken")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
