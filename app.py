"""The ASGI application: settings -> bootstrap -> routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from signaling.endpoint import same_origin, websocket_endpoint
from vcounter.bootstrap import build
from vcounter.http import (
    openapi,
    openapi_document,
    problems,
    routes_approvals,
    routes_customer,
    routes_demo,
    routes_history,
    routes_levels,
    routes_orders,
    routes_sms,
    routes_staff,
    routes_visits,
)
from vcounter.http.auth import CustomerAuth, StaffAuth
from vcounter.http.middleware import stack
from vcounter.http.routes_pages import page_routes
from vcounter.settings import Settings

API = [
    routes_customer.routes,
    routes_staff.routes,
    routes_visits.routes,
    routes_levels.routes,
    routes_approvals.routes,  # before the orders: /orders/dead is no id
    routes_history.routes,
    routes_orders.routes,
    routes_sms.routes,
    routes_demo.routes,
]


def create_app(settings: Settings | None = None) -> Starlette:
    """Build the application; its lifespan opens and closes the counter."""
    settings = settings or Settings()
    counter = build(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with counter.running():
            yield

    async def customer(request: Request) -> object:
        return await CustomerAuth(counter.deps)(request)

    async def staff(request: Request) -> object:
        return await StaffAuth(counter.deps)(request)

    def allowed(ws: WebSocket, origin: str) -> bool:
        return same_origin(ws, origin) or origin in settings.allowed_origins

    async def websocket(ws: WebSocket) -> None:
        await websocket_endpoint(counter.hub, allowed)(ws)

    document = openapi_document.document(API, demo=settings.demo)
    app = Starlette(
        routes=[
            *openapi.build(
                API, counter, {"customer": customer, "staff": staff}, demo=settings.demo
            ),
            WebSocketRoute("/ws", websocket),
            *counter.operator_pages(),
            *page_routes(counter, document),
        ],
        middleware=stack(settings, counter.metrics),
        exception_handlers=problems.exception_handlers(),
        lifespan=lifespan,
    )
    app.state.counter = counter
    return app
