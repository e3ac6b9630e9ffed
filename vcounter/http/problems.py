"""CounterError, validation errors and crashes as problem+json (RFC 9457): the only such mapping.

Body: `{type, title, status, code, fields, request_id}`. `code` is stable and has a text in each
language under `problem.<code>`; `title` is English for developers; `fields` holds safe details.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vcounter.domain.errors import CounterError, Forbidden, InvalidInput, NotFound, PayloadTooLarge
from vcounter.observability.logs import get_logger

MEDIA_TYPE = "application/problem+json"
log = get_logger(__name__)

TYPE_PREFIX = "urn:vcounter:problem:"


class MethodNotAllowed(CounterError):
    """The address exists, the method does not."""

    code: ClassVar[str] = "method_not_allowed"
    status: ClassVar[int] = 405


class Internal(CounterError):
    """Something broke on our side; the request id leads to the log line."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500


class Timeout(CounterError):
    """The request's body came too slowly."""

    code: ClassVar[str] = "request_timeout"
    status: ClassVar[int] = 408


_BY_STATUS: Mapping[int, type[CounterError]] = {
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    408: Timeout,
    413: PayloadTooLarge,
}


def title_of(error: type[CounterError]) -> str:
    """The first sentence of the error's docstring."""
    return (error.__doc__ or error.code).strip().splitlines()[0].split(";")[0].rstrip(".")


def problem(error: CounterError, request_id: str = "") -> Response:
    """Build the answer for one error; TooMany also sets Retry-After, never cached."""
    body: dict[str, object] = {
        "type": TYPE_PREFIX + error.code,
        "title": title_of(type(error)),
        "status": error.status,
        "code": error.code,
        "fields": dict(error.fields),
    }
    if request_id:
        body["request_id"] = request_id
    headers = {"Cache-Control": "no-store"}
    retry_after = error.fields.get("retry_after_s")
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = str(max(1, round(retry_after)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in (408, 413):  # the rest of the body is not read; do not keep the connection
        headers["Connection"] = "close"
    return JSONResponse(body, error.status, headers, MEDIA_TYPE)


def invalid_input(error: ValidationError) -> InvalidInput:
    """Name the first field at fault, and all of them; the rejected values are not repeated."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    names = [".".join(str(part) for part in item["loc"]) or "body" for item in details]
    return InvalidInput(
        "request does not fit its model",
        field=names[0],
        reason=details[0]["type"],
        all_fields=sorted(set(names)),
    )


def _request_id(scope: Scope) -> str:
    state = scope.get("state")
    value = state.get("request_id", "") if isinstance(state, Mapping) else ""
    return str(value)


async def _on_counter_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CounterError)
    return problem(error, _request_id(request.scope))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _BY_STATUS.get(error.status_code, InvalidInput if error.status_code < 500 else Internal)
    answer = problem(kind(), _request_id(request.scope))
    if error.headers:
        answer.headers.update(error.headers)
    return answer


Handler = Callable[[Request, Exception], Awaitable[Response]]


def exception_handlers() -> dict[type[Exception], Handler]:
    """What to pass as Starlette(exception_handlers=...)."""
    return {
        CounterError: _on_counter_error,
        HTTPException: _on_http_exception,
    }


class CrashGuard:
    """The outermost frame of a request: an unknown error is logged and becomes `internal`.

    Its text never reaches the client. When the answer had begun, the connection is cut instead,
    so that a half answer is not taken for a whole one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:  # nobody is there to be answered
            log.info("client left during the request", method=scope["method"])
        except CounterError as error:  # raised by a middleware, outside Starlette's own handlers
            if started:
                raise
            await problem(error, _request_id(scope))(scope, receive, send)
        except Exception:
            if started:
                raise
            log.exception("request crashed", method=scope["method"])
            await problem(Internal(), _request_id(scope))(scope, receive, send)
