"""Bound what a request's body may weigh and how long it may dawdle."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vcounter.domain.errors import PayloadTooLarge
from vcounter.http.problems import Timeout
from vcounter.observability.metrics import Metrics

_TOTAL_FACTOR = 10  # a body that never pauses long may still take ten pauses in all


class BodyLimit:
    """The hard ceiling for every route; routes set smaller limits themselves (`openapi.Routes`).

    A declared length over the limit is refused before a byte is read, an undeclared one as soon as
    it is passed: PayloadTooLarge. A body that pauses longer than `pause_timeout_s`, or takes ten
    times that in all, ends with Timeout and a closed connection.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, pause_timeout_s: float, metrics: Metrics
    ) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._pause_timeout_s = pause_timeout_s
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._max_bytes:
            raise PayloadTooLarge(limit_bytes=self._max_bytes)
        await self.app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        seen = 0
        done = False
        deadline = time.monotonic() + self._pause_timeout_s * _TOTAL_FACTOR

        async def bounded() -> Message:
            nonlocal seen, done
            if (
                done
            ):  # what is left to hear is only the disconnect, which may take as long as it likes
                return await receive()
            left = min(self._pause_timeout_s, deadline - time.monotonic())
            try:
                async with asyncio.timeout(left):
                    message = await receive()
            except TimeoutError:
                self._metrics.slow_connections_closed.labels("body").inc()
                raise Timeout() from None
            seen += len(message.get("body", b""))
            done = message["type"] != "http.request" or not message.get("more_body", False)
            if seen > self._max_bytes:
                raise PayloadTooLarge(limit_bytes=self._max_bytes)
            return message

        return bounded
