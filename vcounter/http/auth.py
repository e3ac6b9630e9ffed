"""Who is calling: the customer's bearer credential, the staff's cookie."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from vcounter.domain.errors import NotSignedIn
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.staff import sign_in

COOKIE = "vc_staff"
DEVICE_COOKIE = "vc_device"
_YEAR_S = 365 * 24 * 3600


class StaffAuth:
    """Reads the login cookie (HttpOnly, SameSite=Strict). Raises NotSignedIn."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def __call__(self, request: Request, /) -> StaffCaller:
        return await sign_in.staff_caller(self._deps, request.cookies.get(COOKIE, ""))


class CustomerAuth:
    """Reads `Authorization: Bearer <credential>`. Raises NotSignedIn."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def __call__(self, request: Request, /) -> CustomerCaller:
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn("no bearer credential")
        return await sign_in.customer_caller(self._deps, credential.strip())


def set_login_cookies(response: Response, secret: str, device: str, *, https: bool) -> None:
    """The login ends with the browser; the device's name stays, so that it can be revoked."""
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=https, path="/")
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=_YEAR_S,
        httponly=True,
        samesite="strict",
        secure=https,
        path="/",
    )
