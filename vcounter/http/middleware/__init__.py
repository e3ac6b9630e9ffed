"""Pure ASGI middleware, in the order that `stack` puts it."""

from __future__ import annotations

from starlette.middleware import Middleware

from vcounter.http.middleware.access_log import AccessLog
from vcounter.http.middleware.body_limit import BodyLimit
from vcounter.http.middleware.origin import OriginCheck
from vcounter.http.middleware.request_id import RequestId
from vcounter.http.middleware.security_headers import SecurityHeaders
from vcounter.http.problems import CrashGuard
from vcounter.observability.metrics import Metrics
from vcounter.settings import Settings

__all__ = ["AccessLog", "BodyLimit", "OriginCheck", "RequestId", "SecurityHeaders", "stack"]


def stack(settings: Settings, metrics: Metrics) -> list[Middleware]:
    """What to pass as Starlette(middleware=...), outermost first.

    Pair it with `exception_handlers=problems.exception_handlers()`.
    """
    return [
        Middleware(RequestId),
        Middleware(AccessLog, metrics=metrics),
        Middleware(SecurityHeaders, https=settings.is_https),
        Middleware(CrashGuard),
        Middleware(OriginCheck, allowed=settings.allowed_origins),
        Middleware(
            BodyLimit,
            max_bytes=settings.max_body_bytes,
            pause_timeout_s=settings.body_timeout_s,
            metrics=metrics,
        ),
    ]
