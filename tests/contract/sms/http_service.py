"""A small SMS gateway over HTTP on loopback that can misbehave, written from docs/sms.md."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vcounter.serving import listen

SECRET = b"a secret of more than thirty-two bytes"
KEY_ID = "counter-1"


@dataclass
class SmsService:
    """Checks every request, takes each key once; `plan` says what to do with the next ones: a
    status, "drop" (taken, but the answer is lost), "wait" (for ever) or "nonsense"."""

    url: str = ""
    plan: list[int | str] = field(default_factory=list)
    messages: dict[str, dict[str, object]] = field(default_factory=dict)  # by key
    refused: list[str] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        headers = request.headers
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        nonce, at = headers["vcounter-nonce"], headers["vcounter-timestamp"]
        parts = ("v1-sms", "POST", target, headers["vcounter-key-id"], at, nonce, digest(body))
        if not hmac.compare_digest(headers["vcounter-signature"], sign(SECRET, parts)):
            self.refused.append("signature")
            return Response(status_code=401)
        self.nonces.append(nonce)
        message = json.loads(body)
        if message["key"] != headers["idempotency-key"]:
            self.refused.append("key")
            return Response(status_code=400)
        todo = self.plan.pop(0) if self.plan else 200
        if todo == "wait":
            await asyncio.sleep(60)
        if isinstance(todo, int) and todo != 200:
            return Response(status_code=todo)
        self.messages.setdefault(message["key"], message)
        if todo == "drop":
            raise ConnectionResetError
        if todo == "nonsense":
            return Response(b"[1, 2", media_type="application/json")
        return JSONResponse({"id": f"gw-{list(self.messages).index(message['key'])}"})


@asynccontextmanager
async def sms_service() -> AsyncIterator[SmsService]:
    service = SmsService()
    app = Starlette(routes=[Route("/send", service.handle, methods=["POST"])])
    sock = listen("127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{sock.getsockname()[1]}/send?account=7"
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield service
    finally:
        server.should_exit = True
        await serving


def receipt_headers(body: bytes, at: int, secret: bytes = SECRET) -> dict[str, str]:
    """What the gateway sends along with a delivery receipt."""
    signature = sign(secret, ("v1-sms-receipt", str(at), digest(body)))
    return {
        "Content-Type": "application/json",
        "Vcounter-Timestamp": str(at),
        "Vcounter-Signature": signature,
    }


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def sign(secret: bytes, parts: tuple[str, ...]) -> str:
    return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
