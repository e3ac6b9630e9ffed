"""Signaling with the real bridge: its worker process, and aiortc peers that answer over `/ws`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from signaling.host import Grant
from signaling.media.aiortc_seam import restrict_host_addresses
from signaling.media.client import MediaClient
from tests.fakes.signaling import agent, customer
from tests.integration.signaling.conftest import Client, Serve, Server


class Caller:
    """A page without a screen: answers each offer with a fresh peer connection."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.negotiations: list[int] = []
        self.pc: RTCPeerConnection | None = None

    async def run(self) -> None:
        await self.client.join("vis_1")
        await self.client.send(
            t="media_ready", room="vis_1", relay_only=False, audio=True, video=True
        )
        beat = asyncio.create_task(self._beat())
        try:
            while True:
                await self._answer(await self.client.next("offer", timeout_s=60))
        finally:
            beat.cancel()
            await self.hang_up()

    async def hang_up(self) -> None:
        if self.pc is not None:
            await self.pc.close()
            self.pc = None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            await self.client.send(t="ping", n=1)

    async def _answer(self, offer: dict[str, object]) -> None:
        await self.hang_up()
        self.pc = pc = RTCPeerConnection()
        sink = MediaBlackhole()
        pc.on("track", sink.addTrack)
        await pc.setRemoteDescription(RTCSessionDescription(str(offer["sdp"]), "offer"))
        for transceiver in pc.getTransceivers():
            track = AudioStreamTrack() if transceiver.kind == "audio" else VideoStreamTrack()
            transceiver.sender.replaceTrack(track)
            transceiver.direction = "sendrecv"
        await pc.setLocalDescription(await pc.createAnswer())
        self.negotiations.append(int(str(offer["negotiation"])))
        await self.client.send(
            t="answer",
            room="vis_1",
            negotiation=offer["negotiation"],
            sdp=pc.localDescription.sdp,
        )


@contextlib.asynccontextmanager
async def calling(server: Server, grant: Grant) -> AsyncIterator[Caller]:
    async with server.welcomed(grant) as client:
        caller = Caller(client)
        task = asyncio.create_task(caller.run())
        try:
            yield caller
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_both_legs_connect_and_again_when_the_worker_was_killed(serve: Serve) -> None:
    restrict_host_addresses(("127.0.0.1",))

    async def report(event: dict[str, Any]) -> None:
        await server.hub.on_media_event(event)

    bridge = MediaClient(bind=("127.0.0.1",), on_event=report)
    server = await serve(bridge=bridge)
    server.host.allowed.add(("stf_1", "vis_1"))

    def connected(times: int) -> bool:
        calls = server.host.calls
        return all(
            calls.count(("media", "vis_1", leg, "connected")) == times
            for leg in ("customer", "agent")
        )

    await bridge.start()
    try:
        async with calling(server, customer()) as phone, calling(server, agent()) as desk:
            await server.until(lambda: server.hub.stats()["connections"] == 2)
            await server.hub.start_media("vis_1")
            await server.until(lambda: connected(1), timeout_s=30)
            os.kill(bridge.pid or 0, signal.SIGKILL)
            await server.until(lambda: connected(2), timeout_s=30)

            assert phone.negotiations == desk.negotiations == [1, 2]
    finally:
        await bridge.stop()
