"""The media worker process: `python -m signaling.media.worker <fd>`, one bridge, one event loop.

It serves the web process over an inherited socket and ends when that closes, whatever the reason.
Sealing is done in the turn in which it arrives; everything that waits runs in a task of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import psutil

from signaling.media import aiortc_seam, control
from signaling.media.bridge import Bridge
from signaling.media.errors import MediaError

logger = logging.getLogger("signaling.media.worker")

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
COLLECT_S = 1.0  # a closed peer connection is a thousand objects in cycles
MAX_PENDING = 2048  # requests in hand; a client has fewer


class Worker(asyncio.Protocol):
    """Answers the requests that come over one connection."""

    def __init__(self) -> None:
        self.bridge = Bridge(self._on_leg)
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._decoder = control.Decoder()
        self._transport: asyncio.WriteTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._handlers: dict[str, Handler] = {
            "offer": self._offer,
            "answer": self._answer,
            "candidate": self._candidate,
            "start_recording": self._start_recording,
            "keyframe": self._keyframe,
            "close_call": self._close_call,
        }

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a socket's transport writes

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._decoder.feed(data)
        except ValueError:
            logger.error("control stream broken")
            if self._transport is not None:
                self._transport.close()
            return
        for message in messages:
            self._receive(message)

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(control.encode(message))

    def _on_leg(self, call: str, leg: str, negotiation: int, state: str) -> None:
        self._send(
            {"event": "leg", "call": call, "leg": leg, "negotiation": negotiation, "state": state}
        )

    def _receive(self, message: dict[str, Any]) -> None:
        """Answer at once what needs no waiting, in the order of arrival."""
        match message.get("op"):
            case "ping":
                self._reply(message, {})
            case "set_sealed":
                self.bridge.set_sealed(message["call"], bool(message["sealed"]))
                self._reply(message, {})
            case "recording":
                self._reply(message, self._recording(message))
            case "stats":
                rss = psutil.Process().memory_info().rss
                self._reply(message, {**self.bridge.stats(), "rss": rss})
            case op if op in self._handlers and len(self._tasks) < MAX_PENDING:
                task = asyncio.ensure_future(self._serve(self._handlers[op], message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case _:
                self._refuse(message, "media_unavailable", "op")

    def _reply(self, message: dict[str, Any], result: dict[str, Any]) -> None:
        self._send({"id": message.get("id"), "ok": True, "result": result})

    def _refuse(self, message: dict[str, Any], code: str, detail: str) -> None:
        self._send({"id": message.get("id"), "ok": False, "code": code, "detail": detail})

    async def _serve(self, handler: Handler, message: dict[str, Any]) -> None:
        try:
            self._reply(message, await handler(message))
        except MediaError as error:
            self._refuse(message, error.code, error.detail)
        except Exception as error:  # the task's outermost frame: one request fails, not the worker
            logger.exception("request failed", extra={"op": message.get("op")})
            self._refuse(message, "media_unavailable", type(error).__name__)

    # --- requests ---

    async def _offer(self, message: dict[str, Any]) -> dict[str, Any]:
        sdp = await self.bridge.offer(
            message["call"],
            message["leg"],
            message["negotiation"],
            message["ice_servers"],
            relay_only=message["relay_only"],
        )
        return {"sdp": sdp}

    async def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.bridge.answer(
            message["call"], message["leg"], message["negotiation"], message["sdp"]
        )
        return {}

    async def _candidate(self, message: dict[str, Any]) -> dict[str, Any]:
        self.bridge.candidate(
            message["call"], message["leg"], message["negotiation"], message["candidate"]
        )
        return {}

    async def _start_recording(self, message: dict[str, Any]) -> dict[str, Any]:
        key = control.to_bytes(message["key"])
        await self.bridge.start_recording(message["call"], message["path"], key)
        return {}

    def _recording(self, message: dict[str, Any]) -> dict[str, Any]:
        written = self.bridge.recording(message["call"])
        return {
            "growing": written.growing,
            "sealed": written.sealed,
            "bytes_written": written.bytes_written,
            "customer_bytes": written.customer_bytes,
            "agent_bytes": written.agent_bytes,
        }

    async def _keyframe(self, message: dict[str, Any]) -> dict[str, Any]:
        picture = await self.bridge.keyframe(message["call"], message["leg"], message["timeout_s"])
        return {"codec": picture.codec, "data": control.to_text(picture.data), "at": picture.at}

    async def _close_call(self, message: dict[str, Any]) -> dict[str, Any]:
        await self.bridge.close_call(message["call"])
        asyncio.get_running_loop().call_later(COLLECT_S, gc.collect)
        return {}

    async def close(self) -> None:
        """Finish recordings and hang up, then close the connection."""
        for task in list(self._tasks):
            task.cancel()
        await self.bridge.close()
        if self._transport is not None:
            self._transport.close()


async def serve(connection: socket.socket, bind: list[str] | None) -> None:
    """Serve requests until the other end of `connection` is gone."""
    if bind is not None:
        aiortc_seam.restrict_host_addresses(bind)
    loop = asyncio.get_running_loop()
    worker = Worker()
    await loop.create_connection(lambda: worker, sock=connection)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    ticking = asyncio.ensure_future(worker.bridge.run())
    stopping = asyncio.ensure_future(stop.wait())
    ends: list[asyncio.Future[Any]] = [worker.lost, ticking, stopping]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in (ticking, stopping):
        task.cancel()
    await worker.close()


def main(arguments: list[str]) -> None:
    """Run the worker: the socket's descriptor, then settings as JSON."""
    logging.basicConfig(level=logging.WARNING)
    for name in ("aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the web process ends the calls in order
    connection = socket.socket(fileno=int(arguments[0]))
    connection.setblocking(False)
    settings = json.loads(arguments[1])
    gc.collect()
    gc.freeze()  # what is loaded now stays; collecting what calls leave then takes a millisecond
    asyncio.run(serve(connection, settings["bind"]))


if __name__ == "__main__":
    main(sys.argv[1:])
