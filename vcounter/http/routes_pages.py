"""The two pages and their files, health, metrics, and the two machine-readable descriptions."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

import signaling.protocol
from vcounter.domain.errors import NotFound
from vcounter.http.counter import Counter
from vcounter.http.receipt_page import receipt_route
from vcounter.http.undo_page import undo_routes

_NOT_BUILT = "The pages are not built yet. Run: make setup\n"
_IMMUTABLE = "public, max-age=31536000, immutable"
# Asked again each time, answered 304 mostly: an operator's new recording is heard at once.
_REVALIDATE = "no-cache"
_VOICE_FILE = re.compile(r"manifest\.json|[A-Za-z-]{2,10}/[a-z0-9_.]{1,80}\.mp3")


class Assets(StaticFiles):
    """Files named by their hash: kept by browsers for ever."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        response.headers["Cache-Control"] = _IMMUTABLE
        return response


class VoiceFiles(StaticFiles):
    """Spoken prompts: the operator's own recording where there is one, else the one that ships.

    Nothing but `<language>/<id>.mp3` and `manifest.json` leaves either directory.
    """

    def __init__(self, own: Path, shipped: Path) -> None:
        super().__init__()
        self.all_directories = [own, shipped]

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if not _VOICE_FILE.fullmatch(path):
            return "", None
        return super().lookup_path(path)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]  # passed on
        response.headers["Cache-Control"] = _REVALIDATE
        return response


def page_routes(counter: Counter, openapi: Mapping[str, object]) -> list[BaseRoute]:
    """Everything that is not under /api/v1."""
    dist = counter.settings.web_dist
    customer, console = dist / "customer", dist / "console"

    async def customer_page(request: Request) -> Response:
        return _page(customer / "index.html")

    async def console_page(request: Request) -> Response:
        return _page(console / "index.html")

    async def demo_phone(request: Request) -> Response:
        if not counter.settings.demo:
            raise NotFound("demo only")
        return _page(console / "index.html")

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        failing = await counter.failing_checks()
        return JSONResponse(
            {"ready": not failing, "failing": failing}, status_code=503 if failing else 200
        )

    async def metrics(request: Request) -> Response:
        body, media_type = counter.metrics_page()
        return Response(body, media_type=media_type)

    async def openapi_json(request: Request) -> Response:
        return JSONResponse(openapi)

    async def signaling_json(request: Request) -> Response:
        return JSONResponse(signaling.protocol.schema())

    routes: list[BaseRoute] = [
        Route("/", customer_page),
        Route("/c/{token}", customer_page),
        receipt_route(counter),
        *undo_routes(counter),
        Route("/console", console_page),
        Route("/console/{path:path}", _console_file(console)),
        Route("/demo/phone", demo_phone),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/api/openapi.json", openapi_json),
        Route("/api/signaling.json", signaling_json),
        Mount("/voice", VoiceFiles(counter.settings.voice_path, customer / "voice")),
    ]
    if customer.is_dir():
        routes += [
            Mount("/assets", Assets(directory=customer / "assets")),
            Mount("/", StaticFiles(directory=customer)),
        ]
    return routes


def _console_file(console: Path):  # type: ignore[no-untyped-def]  # a Starlette endpoint
    files = Assets(directory=console, check_dir=False)

    async def endpoint(request: Request) -> Response:
        path = request.path_params["path"]
        if path.startswith("assets/"):
            return await files.get_response(path, request.scope)
        return _page(console / "index.html")

    return endpoint


def _page(path: Path) -> Response:
    if not path.is_file():
        return PlainTextResponse(_NOT_BUILT, status_code=503)
    return FileResponse(path, media_type="text/html", headers={"Cache-Control": "no-cache"})
