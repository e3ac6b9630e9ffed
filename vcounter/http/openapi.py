"""A small typed route registry: Starlette's routes and the OpenAPI 3.1 document from one source.

How to write routes (one `routes_<noun>.py` per noun)::

    routes = Routes("visits")                       # the tag in the document
    CustomerCtx = Ctx[Counter, CustomerCaller]      # services and caller, for mypy

    @routes.route("POST", "/visits", body=OpenVisit, returns=VisitOpened, status=201,
                  idempotent=True, errors=(LinkInvalid, LinkExpired, LinkInUse))
    async def open_visit(ctx: Ctx[Counter, None], body: OpenVisit) -> VisitOpened:
        "Open a visit from a link."                 # first line of the docstring is the summary
        return await ctx.services.open_visit(...)

    @routes.route("GET", "/visits/{visit_id}", returns=AgentView, auth="staff")
    async def get_visit(ctx: StaffCtx) -> AgentView: ...ctx.path["visit_id"]...

    @routes.route("POST", "/visit/steps/{step_id}/image", accepts="image/jpeg",
                  max_bytes=12 << 20, returns=Accepted, auth="customer")
    async def upload(ctx: CustomerCtx, body: bytes) -> Accepted: ...

- `body`: a pydantic model; the handler then takes a second argument. Wrong JSON, a wrong media type
  or a field at fault is InvalidInput with `field` and `reason` before the handler runs.
- `accepts`: a media type, or several with ", " between, instead of a model; the handler gets the
  raw bytes, at most `max_bytes`.
- `query`: a pydantic model for the query string, read with `ctx.query_as(Model)`.
- `returns`: a model (validated on the way out), `list[Model]`, or None (204). A handler may return
  the model, a dict that fits it, None (204), or a Response (files, cookies), passed on as it is.
- `auth`: "none", "customer" or "staff"; the matching authenticator given to `build` runs first and
  its result is `ctx.caller`. `role=("team_lead",)` refuses other roles (the caller has `.role`).
- staff routes that are not GET want the header `X-Requested-With: vcounter` (checked here).
- `idempotent=True` documents `Idempotency-Key`; read it as `ctx.idempotency_key` ("" if absent).
- `demo=True`: the route exists only when `build(..., demo=True)`.

In `app.py`::

    api = [*routes_visits.routes, ...]              # the Routes objects
    app = Starlette(
        routes=[*build(api, counter, {"customer": ..., "staff": ...}, demo=settings.demo), ...],
        middleware=middleware.stack(settings, metrics),
        exception_handlers=problems.exception_handlers(),
    )
    openapi_document.document(api, demo=settings.demo)   # serve it at /api/openapi.json
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as StarletteRoute

from vcounter.domain.errors import (
    CounterError,
    Forbidden,
    InvalidInput,
    PayloadTooLarge,
)
from vcounter.http.problems import invalid_input

Auth = Literal["none", "customer", "staff"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
JSON_MAX_BYTES = 64 * 1024
CSRF_HEADER, CSRF_VALUE = "X-Requested-With", "vcounter"

S = TypeVar("S")
C = TypeVar("C")
M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Awaitable[object]])


class Authenticator(Protocol):
    """Turn a request into its caller. Raises NotSignedIn."""

    async def __call__(self, request: Request, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Ctx(Generic[S, C]):
    """What a handler may know of its request: the services, the caller and the parsed address."""

    request: Request
    services: S
    caller: C

    @property
    def path(self) -> Mapping[str, str]:
        """The path's parameters by name."""
        return {name: str(value) for name, value in self.request.path_params.items()}

    @property
    def idempotency_key(self) -> str:
        """The Idempotency-Key header, at most 200 characters, "" when there is none."""
        return self.request.headers.get("idempotency-key", "")[:200]

    @property
    def client(self) -> str:
        """The caller's network address, for rate limits."""
        return self.request.client.host if self.request.client else ""

    def query_as(self, model: type[M]) -> M:
        """The query string as a model. Raises InvalidInput that names the parameter."""
        try:
            return model.model_validate(dict(self.request.query_params))
        except ValidationError as error:
            raise invalid_input(error) from None


@dataclass(frozen=True, slots=True)
class Operation:
    """One route as declared; `handler` takes (ctx) or (ctx, body)."""

    method: Method
    path: str
    handler: Callable[..., Awaitable[object]]
    tag: str
    body: type[BaseModel] | None = None
    accepts: str = ""
    produces: str = "application/json"
    query: type[BaseModel] | None = None
    returns: Any = None  # a model or list[Model]: a type form, which mypy cannot name yet
    status: int = 200
    auth: Auth = "none"
    role: tuple[str, ...] = ()
    errors: tuple[type[CounterError], ...] = ()
    max_bytes: int = JSON_MAX_BYTES
    idempotent: bool = False
    demo: bool = False

    @property
    def takes_body(self) -> bool:
        return self.body is not None or bool(self.accepts)

    @property
    def needs_csrf_header(self) -> bool:
        return self.auth == "staff" and self.method != "GET"

    @property
    def parameters(self) -> list[str]:
        """Names in the path template."""
        return re.findall(r"{(\w+)(?::\w+)?}", self.path)

    @property
    def name(self) -> str:
        """The handler's name: the operationId, unique in the document."""
        return str(getattr(self.handler, "__name__", self.path))


@dataclass(slots=True)
class Routes:
    """The routes of one noun, in the order they were declared."""

    tag: str
    operations: list[Operation] = field(default_factory=list)

    def route(
        self,
        method: Method,
        path: str,
        *,
        body: type[BaseModel] | None = None,
        accepts: str = "",
        produces: str = "application/json",
        query: type[BaseModel] | None = None,
        returns: Any = None,
        status: int | None = None,
        auth: Auth = "none",
        role: str | Sequence[str] = (),
        errors: Sequence[type[CounterError]] = (),
        max_bytes: int = JSON_MAX_BYTES,
        idempotent: bool = False,
        demo: bool = False,
    ) -> Callable[[F], F]:
        """Declare one operation. `returns` is a model or `list[Model]`; None is 204, unless
        `produces` names another media type. Raises TypeError for a handler that cannot fit.
        """

        def declare(handler: F) -> F:
            empty = returns is None and produces == "application/json"
            operation = Operation(
                method=method,
                path=path,
                handler=handler,
                tag=self.tag,
                body=body,
                accepts=accepts,
                produces=produces,
                query=query,
                returns=returns,
                status=status or (204 if empty else 200),
                auth=auth,
                role=(role,) if isinstance(role, str) else tuple(role),
                errors=tuple(errors),
                max_bytes=max_bytes,
                idempotent=idempotent,
                demo=demo,
            )
            wanted = 2 if operation.takes_body else 1
            if len(inspect.signature(handler).parameters) != wanted:
                raise TypeError(f"{method} {path}: the handler must take {wanted} argument(s)")
            self.operations.append(operation)
            return handler

        return declare


def build(
    groups: Iterable[Routes],
    services: object,
    auth: Mapping[Auth, Authenticator],
    *,
    prefix: str = "/api/v1",
    demo: bool = False,
) -> list[StarletteRoute]:
    """Make the Starlette routes. Demo routes are left out, and so answer 404, unless `demo`."""
    return [
        StarletteRoute(
            prefix + op.path, _endpoint(op, services, auth), methods=[op.method], name=op.name
        )
        for group in groups
        for op in group.operations
        if demo or not op.demo
    ]


def _endpoint(
    op: Operation, services: object, auth: Mapping[Auth, Authenticator]
) -> Callable[[Request], Awaitable[Response]]:
    shape: TypeAdapter[object] | None = None if op.returns is None else TypeAdapter(op.returns)

    async def endpoint(request: Request) -> Response:
        caller = None if op.auth == "none" else await _authenticated(op, request, auth)
        ctx: Ctx[object, object] = Ctx(request, services, caller)
        if op.accepts:
            _want_media_type(request, op.accepts)
            result = await op.handler(ctx, await _read(request, op.max_bytes))
        elif op.body is not None:
            result = await op.handler(ctx, await _parse(request, op.body, op.max_bytes))
        else:
            result = await op.handler(ctx)
        return _answer(op, shape, result)

    return endpoint


async def _authenticated(
    op: Operation, request: Request, auth: Mapping[Auth, Authenticator]
) -> object:
    if op.needs_csrf_header and request.headers.get(CSRF_HEADER) != CSRF_VALUE:
        raise Forbidden("no CSRF header", reason="csrf_header")
    caller = await auth[op.auth](request)
    if op.role and str(getattr(caller, "role", "")) not in op.role:
        raise Forbidden("role", reason="role")
    return caller


def _want_media_type(request: Request, wanted: str) -> None:
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given not in wanted.split(", "):
        raise InvalidInput("media type", field="content-type", reason="media_type", wanted=wanted)


async def _read(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise PayloadTooLarge(limit_bytes=max_bytes)
    return bytes(body)


async def _parse(request: Request, model: type[M], max_bytes: int) -> M:
    _want_media_type(request, "application/json")
    text = await _read(request, max_bytes)
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise invalid_input(error) from None


def _answer(op: Operation, shape: TypeAdapter[object] | None, result: object) -> Response:
    if isinstance(result, Response):
        return result
    if shape is None or result is None:
        return Response(status_code=204)
    try:
        content = shape.dump_python(shape.validate_python(result), mode="json", by_alias=True)
    except ValidationError as error:
        # Our own fault, hence `internal`; the values stay out of the message.
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise TypeError(f"{op.name}: answer does not fit its model: {details}") from None
    return JSONResponse(content, status_code=op.status)
