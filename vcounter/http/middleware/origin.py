"""Refuse browsers of other origins: cross-site POSTs and WebSockets (OWASP ASVS 5.0 4.4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from vcounter.domain.errors import Forbidden

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginCheck:
    """A request without Origin passes (not a browser, or a same-origin GET). One with an Origin
    must name the host it was sent to, or an allowed origin; else it is Forbidden, unread.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str] = ()) -> None:
        self.app = app
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not self._is_ours(scope):
            await receive()  # websocket.connect
            await send({"type": "websocket.close", "code": 4503, "reason": "forbidden"})
            return
        if scope["type"] == "http" and scope["method"] not in _SAFE and not self._is_ours(scope):
            raise Forbidden("cross-origin request", reason="origin")
        await self.app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origin = headers.get("origin", "").lower()
        if not origin or origin in self._allowed:
            return True
        return urlsplit(origin).netloc == headers.get("host", "").lower() != ""
