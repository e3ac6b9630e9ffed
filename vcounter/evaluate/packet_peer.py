"""One end of a call that sends and counts bare RTP packets: a load generator without codecs.

It sends Opus packets whose payload is the sender's clock, so that the other end knows how long each
was on its way. Both ends must live in one process: they share the clock and one event loop.
"""

from __future__ import annotations

import asyncio
import re
import struct
import time
from dataclasses import dataclass, field

from aiortc import RTCPeerConnection, RTCSessionDescription

from signaling.media import aiortc_seam as seam
from signaling.media.rtp import Packet

PACKET_S = 0.02  # one Opus packet, RFC 7587
_SAMPLES = 960  # 20 ms at 48 kHz
_PADDING = bytes(64)  # a voice at 24 kbit/s takes about as much
_RTP = struct.Struct("!BBHII")
_STAMP = struct.Struct("!BQ")
_OPUS_CELT_20MS = 0xF8  # the table-of-contents byte, RFC 6716 section 3.1
_OPUS = re.compile(r"a=rtpmap:(\d+) opus/48000/2")
_CONNECT_S = 15.0


@dataclass(slots=True)
class Arrivals:
    """How long packets were on their way, in milliseconds, in order of arrival."""

    latency_ms: list[float] = field(default_factory=list)


class PacketPeer:
    """Answers an offer (of the bridge, or of another PacketPeer) and sends a paced voice."""

    def __init__(self) -> None:
        self.arrivals = Arrivals()
        self.sent = 0
        self._connection: RTCPeerConnection = seam.open_peer((), relay_only=False)
        self._connected = asyncio.Event()
        self._connection.on("connectionstatechange", self._on_state)
        self._wire: seam.Wire | None = None
        self._packet = Packet()
        self._payload_type = 0

    async def offer(self) -> str:
        """An offer to another PacketPeer."""
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._take_wire()

    async def accept(self, answer: str) -> None:
        """Apply the answer to `offer`."""
        self._payload_type = _opus_type(answer)
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def answer(self, offer: str) -> str:
        """The answer to an offer, with all candidates."""
        self._payload_type = _opus_type(offer)
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._take_wire()

    def _take_wire(self) -> str:
        self._wire = seam.Wire(self._connection, self._on_rtp, lambda data: None)
        self._wire.shadow()
        return str(self._connection.localDescription.sdp)

    def _on_state(self) -> None:
        if self._connection.connectionState == "connected" and self._wire is not None:
            self._wire.open()
            self._connected.set()

    async def connected(self) -> None:
        """Wait until packets can flow. Raises TimeoutError."""
        async with asyncio.timeout(_CONNECT_S):
            await self._connected.wait()

    async def speak(self, seconds: float) -> None:
        """Send one packet every 20 ms; one that is late is sent at once, none is left out."""
        ssrc = seam.outgoing_ssrc(self._connection.getTransceivers()[0].sender)
        begun = time.monotonic()
        for index in range(round(seconds / PACKET_S)):
            await asyncio.sleep(max(0.0, begun + index * PACKET_S - time.monotonic()))
            self._send(ssrc)

    def _send(self, ssrc: int) -> None:
        stamp = _STAMP.pack(_OPUS_CELT_20MS, time.perf_counter_ns())
        number, sent_at = self.sent & 0xFFFF, self.sent * _SAMPLES & 0xFFFFFFFF
        data = _RTP.pack(0x80, self._payload_type, number, sent_at, ssrc) + stamp + _PADDING
        self.sent += 1
        seam.SCRATCH[: len(data)] = data
        if self._wire is not None:
            self._wire.send_rtp(len(data))

    def _on_rtp(self, size: int) -> None:
        now = time.perf_counter_ns()
        packet = self._packet
        if not packet.read(seam.SCRATCH, size) or packet.end - packet.start < _STAMP.size:
            return
        _, sent_at = _STAMP.unpack_from(seam.SCRATCH, packet.start)
        self.arrivals.latency_ms.append((now - sent_at) / 1e6)

    async def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        await self._connection.close()


def _opus_type(sdp: str) -> int:
    found = _OPUS.search(sdp)
    if found is None:
        raise ValueError("the description offers no Opus")
    return int(found[1])
