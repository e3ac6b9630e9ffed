"""Answers to byte-range requests (RFC 9110 §14), as video players make them."""

from __future__ import annotations

import re

from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def ranged(data: bytes, wanted: str, media_type: str) -> Response:
    """The whole (200), one range (206), or 416 when it lies outside. Never cached."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store"}
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or match.group(0) == "bytes=-":
        return Response(data, media_type=media_type, headers=headers)
    first, last = _bounds(match.group(1), match.group(2), len(data))
    if first > last or first >= len(data):
        headers["Content-Range"] = f"bytes */{len(data)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Inclusive bounds; `-N` means the last N bytes."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
