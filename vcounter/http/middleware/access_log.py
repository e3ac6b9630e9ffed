"""One log line and one measurement per request, by route template: paths can hold tokens."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vcounter.observability.logs import get_logger
from vcounter.observability.metrics import Metrics

log = get_logger(__name__)
_NOISE = frozenset({"/healthz", "/readyz", "/metrics"})


def route_template(scope: Scope) -> str:
    """The matched route's template such as /api/v1/visits/{visit_id}, else `unmatched`."""
    return str(getattr(scope.get("route"), "path", "") or "unmatched")


class AccessLog:
    """Probes are measured but not logged."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.monotonic()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self._record(scope, status, time.monotonic() - begun)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = route_template(scope), scope["method"]
        self._metrics.http_requests.labels(method, route, str(status)).inc()
        self._metrics.http_seconds.labels(route).observe(seconds)
        if route not in _NOISE:
            log.info(
                "request served",
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
            )
