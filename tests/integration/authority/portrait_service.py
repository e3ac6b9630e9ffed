"""A small portrait service on loopback that can be told to misbehave, written from the docs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vcounter.serving import listen

SECRET = b"a secret of more than thirty-two bytes"
KEY_ID = "counter-1"


@dataclass
class PortraitService:
    """Checks every request as docs/authority.md says, then answers by `answer` (and `spoil`)."""

    url: str = ""
    answer: dict[str, object] = field(
        default_factory=lambda: {
            "result": "compared",
            "score": 0.93,
            "engine": "national 7",
            "portrait_on": "2021-05-04",
        }
    )
    status: int = 200
    age_s: int = 0
    wait_s: float = 0.0
    location: str = ""
    spoil: Callable[[bytes], bytes] = lambda body: body
    sign_with: bytes = SECRET
    seen: list[dict[str, object]] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    fixed_nonce: str = ""
    refused: list[str] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        headers = request.headers
        nonce, at = headers["vcounter-nonce"], headers["vcounter-timestamp"]
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = ("v1-request", "POST", target, headers["vcounter-key-id"], at, nonce, digest(body))
        fault = self._fault(headers["vcounter-signature"], asked, at, nonce)
        if fault:
            self.refused.append(fault)
            return Response(fault, 401)
        self.nonces.append(nonce)
        question = json.loads(body)
        question["frames"] = [base64.b64decode(f) for f in question["frames"]]
        self.seen.append(question)
        await asyncio.sleep(self.wait_s)
        frames = {"frames": len(question["frames"])}
        told = {"nonce": self.fixed_nonce or nonce} | frames | self.answer
        content = json.dumps(told).encode()
        stamp = str(int(time.time()) - self.age_s)
        parts = ("v1-answer", str(self.status), stamp, nonce, digest(content))
        signed = {"Vcounter-Timestamp": stamp, "Vcounter-Signature": sign(self.sign_with, parts)}
        if self.location:
            signed["Location"] = self.location
        return Response(self.spoil(content), self.status, signed, "application/json")

    def _fault(self, signature: str, parts: tuple[str, ...], at: str, nonce: str) -> str:
        if not hmac.compare_digest(signature, sign(SECRET, parts)):
            return "signature"
        if abs(time.time() - int(at)) > 60:
            return "stale"
        return "replayed" if nonce in self.nonces else ""


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def sign(secret: bytes, parts: tuple[str, ...]) -> str:
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()


@asynccontextmanager
async def portrait_service() -> AsyncIterator[PortraitService]:
    """The service on a free port of loopback."""
    service = PortraitService()
    routes = [Route("/v1/compare", service.handle, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    listener = listen("127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/compare?region=43"
    running = asyncio.create_task(server.serve([listener]))
    try:
        yield service
    finally:
        server.should_exit = True
        await running
        listener.close()
