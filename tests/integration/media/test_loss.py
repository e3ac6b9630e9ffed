"""Lost packets on either hop are asked for again and come."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pylibsrtp

from signaling.media.client import mux_recording
from tests.integration.media.rig import EndPeer, eventually, running_client

EVERY = 12  # one packet of so many is lost
KEY = bytes(32)


def lose_outgoing_video(peer: EndPeer) -> list[int]:
    """Drop video packets on their way to the bridge, the first time they are sent."""
    transport: Any = peer.connection.getTransceivers()[0].sender.transport
    send = transport._send_rtp
    lost: list[int] = []
    count = 0

    async def lossy(data: bytes) -> None:
        nonlocal count
        if data[1] & 0x7F == 97:
            count += 1
            if count % EVERY == 0:
                lost.append(int.from_bytes(data[2:4], "big"))
                return
        await send(data)

    transport._send_rtp = lossy
    return lost


class LossySession:
    """An SRTP session before which one video packet of so many is lost, once each."""

    def __init__(self, session: Any) -> None:
        self.lost: list[int] = []
        self._session = session
        self._count = 0

    def unprotect(self, data: bytes) -> bytes:
        if data[1] & 0x7F == 97:
            self._count += 1
            if self._count % EVERY == 0:
                self.lost.append(int.from_bytes(data[2:4], "big"))
                raise pylibsrtp.Error("lost")
        return bytes(self._session.unprotect(data))

    def unprotect_rtcp(self, data: bytes) -> bytes:
        return bytes(self._session.unprotect_rtcp(data))


def lose_incoming_video(peer: EndPeer) -> list[int]:
    """Drop video packets on their way from the bridge."""
    transport: Any = peer.connection.getTransceivers()[0].receiver.transport
    session = transport._rx_srtp = LossySession(transport._rx_srtp)
    return session.lost


def longest_pause_s(file: bytes) -> float:
    with av.open(io.BytesIO(file)) as container:
        return float(np.diff([frame.time for frame in container.decode(video=0)]).max())


async def test_loss_on_both_hops_is_mended(tmp_path: Path) -> None:
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, _):
        customer = EndPeer("customer", level=90, size=(640, 480))
        agent = EndPeer("agent", level=180)
        await asyncio.gather(customer.join(client, "v"), agent.join(client, "v"))
        await eventually(lambda: agent.frames > 3)
        await client.start_recording("v", path, KEY)
        upstream = lose_outgoing_video(customer)
        downstream = lose_incoming_video(agent)
        seen = agent.frames

        await eventually(lambda: len(upstream) >= 5 and len(downstream) >= 5, timeout_s=30)
        sent = customer.picture._count
        await eventually(lambda: agent.frames > seen + 45, timeout_s=30)
        await client.close_call("v")
        await asyncio.gather(customer.close(), agent.close())

    files = await mux_recording(path, KEY)

    assert sent > 0
    assert longest_pause_s(files["customer"]) < 0.8
