"""Turns a raw recording into playable files: `python -m signaling.media.mux`, request on stdin.

A process of its own, at low priority: reading and writing whole recordings takes memory and time
that the calls in progress need. The plain media touches no disk.
"""

from __future__ import annotations

import json
import os
import sys

from signaling.media import control
from signaling.media.container import write_container
from signaling.media.errors import NothingRecorded
from signaling.media.rawfile import read_segments
from signaling.media.timeline import build_parties, duration_s

EXIT_NOTHING = 3


def mux(raw_path: str, key: bytes) -> dict[str, bytes]:
    """One playable file per party that sent anything, and their duration as digits beside them.

    Raises NothingRecorded.
    """
    parties = build_parties(read_segments(raw_path, key))
    if not parties:
        raise NothingRecorded
    files = {leg: write_container(party) for leg, party in parties.items()}
    return files | {control.DURATION_PART: str(round(duration_s(parties) * 1000)).encode()}


def main() -> int:
    """Read the request, write the files; the exit code tells what went wrong."""
    os.nice(10)
    request = json.load(sys.stdin)
    try:
        files = mux(request["path"], control.to_bytes(request["key"]))
    except NothingRecorded:
        return EXIT_NOTHING
    sys.stdout.buffer.write(control.join_parts(files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
