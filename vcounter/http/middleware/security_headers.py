"""Headers that make the browser a stricter place (OWASP ASVS 5.0 V3.4)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        # Safari before 15.4 does not let 'self' cover the WebSocket of the same origin.
        "connect-src 'self' ws: wss:",
        "worker-src 'self'",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
API_CSP = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = (
    "camera=(self), microphone=(self), autoplay=(self), fullscreen=(self), "
    "screen-wake-lock=(self), geolocation=(), display-capture=(), "
    "payment=(), usb=(), bluetooth=(), midi=(), serial=()"
)
_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}
# The operator's own pages stand in a frame of the customer's page, and their forms say whence they
# come (a form sent without a referrer has the origin `null`).
FRAMED_PATH = "/pay/"
_FRAMED = {"Referrer-Policy": "same-origin", "X-Frame-Options": "SAMEORIGIN"}
_HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Pages get a policy without inline code or eval; /api answers load nothing and are not stored.

    A handler that sets Cache-Control or its own policy keeps it, also
    a referrer policy, except that /api stays no-store.
    """

    def __init__(self, app: ASGIApp, https: bool = False) -> None:
        self.app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Taken now: a Mount changes the scope's path while routing.
        is_api = scope["path"].startswith("/api/")
        is_framed = scope["path"].startswith(FRAMED_PATH)

        async def harden(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                self._set(headers, is_api)
                if is_framed:
                    headers.update(_FRAMED)
            await send(message)

        await self.app(scope, receive, harden)

    def _set(self, headers: MutableHeaders, is_api: bool) -> None:
        for name, value in _COMMON.items():
            headers[name] = value
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("Content-Security-Policy", API_CSP if is_api else PAGE_CSP)
        if is_api:
            headers["Cache-Control"] = "no-store"
        elif headers.get("Content-Type", "").startswith("text/html"):
            headers.setdefault("Cache-Control", "no-cache")
        if self._https:
            headers["Strict-Transport-Security"] = _HSTS
