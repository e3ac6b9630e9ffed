"""uvicorn, made strict: sockets that dawdle over their headers are closed, headers are bounded.

uvicorn 0.54 has no header time-out and no bound on headers with httptools (500 sockets that never
finished a request stayed open 45 s). Bodies are bounded by `http.middleware.body_limit`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vcounter.settings import Settings

MAX_HEADER_BYTES = 32 * 1024
WS_MAX_BYTES = 128 * 1024  # above signaling's own limit, so that it can say why it closes


class GuardedHttp(HttpToolsProtocol):
    """HTTP/1.1 on one connection. From the first moment, and again after each answer's next byte,
    a whole set of headers must arrive within `header_timeout_s` and `MAX_HEADER_BYTES`.
    """

    header_timeout_s = 10.0
    on_slow: Callable[[], None] | None = None

    _timer: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the type
        self._arm()

    def data_received(self, data: bytes) -> None:
        # Bytes between two requests (also bare line ends) count as the next one's headers: they
        # switch uvicorn's keep-alive timer off.
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._arm()
        self._header_bytes += len(data)
        super().data_received(data)
        if self._timer is not None and self._header_bytes > MAX_HEADER_BYTES:
            self._close()

    def on_headers_complete(self) -> None:
        self._disarm()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def _arm(self) -> None:
        self._header_bytes = 0
        self._timer = self.loop.call_later(self.header_timeout_s, self._close)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self._disarm()
        if self.on_slow is not None:
            self.on_slow()
        self.transport.abort()


def guarded_protocol(
    header_timeout_s: float, on_slow: Callable[[], None] | None = None
) -> type[GuardedHttp]:
    """A protocol class with its numbers bound, as uvicorn takes only classes."""
    slow = staticmethod(on_slow) if on_slow is not None else None
    return type(
        "BoundGuardedHttp", (GuardedHttp,), {"header_timeout_s": header_timeout_s, "on_slow": slow}
    )


def uvicorn_config(
    app: ASGIApp, settings: Settings, on_slow: Callable[[], None] | None = None, **more: Any
) -> uvicorn.Config:
    """Everything uvicorn is told. Its access log stays off: paths can hold tokens."""
    return uvicorn.Config(
        app,
        http=guarded_protocol(settings.header_timeout_s, on_slow),
        ws="websockets-sansio",
        ws_max_size=WS_MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # signaling has its own heartbeat
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=5,
        timeout_graceful_shutdown=10,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        **more,
    )


class Server(uvicorn.Server):
    """uvicorn's server, with an event for having started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def listen(host: str, port: int) -> socket.socket:
    """Bind now, so that a taken port is told at once and port 0 is known before the app is made.

    Raises OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
