"""ICE on the loopback: aioice leaves 127.0.0.1 out unless told."""

from __future__ import annotations

from urllib.parse import urlsplit

from signaling.media.aiortc_seam import restrict_host_addresses


def prefer_loopback(server: str) -> None:
    """For a server on this machine's loopback, let this process's peers use the loopback alone."""
    if urlsplit(server).hostname in ("127.0.0.1", "localhost"):
        restrict_host_addresses(("127.0.0.1",))
