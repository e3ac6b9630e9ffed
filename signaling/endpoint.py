"""`/ws`: the only module that touches a Starlette WebSocket; it carries frames and minds time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from signaling.hub import Hub
from signaling.limits import CloseCode
from signaling.peer import Peer
from signaling.session import Authorize, Close, Handle, Outcome, Reply

_log = logging.getLogger(__name__)


def websocket_endpoint(
    hub: Hub, allowed_origins: Callable[[WebSocket, str], bool] | None = None
) -> Callable[[WebSocket], Awaitable[None]]:
    """The ASGI endpoint of `/ws`.

    A browser tells its page's origin (RFC 6455 §10.2): by default it must be the host it connects
    to; `allowed_origins(websocket, origin)` decides otherwise. Programs send none and are let in,
    since no cookie counts here: the ticket does. A wrong origin is denied with 403; when too many
    connections have no welcome yet, the next one is denied with 503.
    """
    allowed = allowed_origins or same_origin

    async def endpoint(ws: WebSocket) -> None:
        origin = ws.headers.get("origin")
        if origin is not None and not allowed(ws, origin):
            await ws.send_denial_response(Response(status_code=403))
            return
        peer = hub.open()
        if peer is None:
            await ws.send_denial_response(Response(status_code=503, headers={"Retry-After": "5"}))
            return
        try:
            await ws.accept()
            await _serve(ws, hub, peer)
        finally:
            hub.gone(peer)

    return endpoint


def same_origin(ws: WebSocket, origin: str) -> bool:
    """Whether the page comes from the host (and port) that it now connects to."""
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and host.lower() == ws.headers.get("host", "").lower()


async def _serve(ws: WebSocket, hub: Hub, peer: Peer) -> None:
    reader = asyncio.create_task(_read(ws, hub, peer))
    writer = asyncio.create_task(_write(ws, peer))
    watcher = asyncio.create_task(_watch(hub, peer))
    tasks = (reader, writer, watcher)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if peer.closing is not None and not reader.done():
            await _finish(ws, hub, peer, writer)
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                _log.error("websocket_failed", exc_info=outcome)


async def _finish(ws: WebSocket, hub: Hub, peer: Peer, writer: asyncio.Task[None]) -> None:
    """Let the last frames and `bye` go out, then close; a client that does not read is left."""
    code, reason = peer.closing or (CloseCode.GOING_AWAY, "")
    try:
        async with asyncio.timeout(hub.limits.close_timeout_s):
            if code == CloseCode.SLOW_CONSUMER:
                writer.cancel()
            await asyncio.wait((writer,))
            if ws.application_state is WebSocketState.CONNECTED:
                await ws.close(code, reason)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return  # the other end is gone or deaf: there is nobody to say it to


async def _read(ws: WebSocket, hub: Hub, peer: Peer) -> None:
    while True:
        event = await ws.receive()
        if event["type"] == "websocket.disconnect":
            return
        frame = event.get("text")
        outcome = peer.session.received(
            event.get("bytes") or b"" if frame is None else frame, hub.clock()
        )
        await _carry_out(hub, peer, outcome)


async def _carry_out(hub: Hub, peer: Peer, outcome: Outcome | None) -> None:
    match outcome:
        case Authorize(hello=hello):
            await hub.authorize(peer, hello)
        case Handle(message=message):
            hub.handle(peer, message)
        case Reply(message=message):
            peer.post(message)
        case Close(code=code, reason=reason):
            peer.close(code, reason)
        case None:
            return


async def _write(ws: WebSocket, peer: Peer) -> None:
    while (frame := await peer.outgoing()) is not None:
        try:
            await ws.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):
            return


async def _watch(hub: Hub, peer: Peer) -> None:
    """Ends when the connection is to be closed."""
    while peer.closing is None:
        wait = max(0.0, peer.session.deadline() - hub.clock())
        try:
            async with asyncio.timeout(wait):
                await peer.closed.wait()
        except TimeoutError:
            match peer.session.due(hub.clock()):
                case Reply(message=message):
                    peer.post(message)
                case Close(code=code, reason=reason):
                    peer.close(code, reason)
