"""Calls between a customer and an agent: packets forwarded, recorded and sampled, never decoded."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from signaling.media import rtp
from signaling.media.errors import NoSuchLeg, RecordingFailed, Sealed, StaleNegotiation
from signaling.media.payload import starts_keyframe
from signaling.media.peer import Inbound, Outbound, Peer, bytes_of, payload_of, video_codec
from signaling.media.recorder import Recorder, Written
from signaling.media.relay import relay_feedback
from signaling.media.snapshot import Picture

OTHER: Mapping[str, str] = {"customer": "agent", "agent": "customer"}
VIDEO_CODECS = ("VP8", "H264")  # in the order of preference
TICK_S = 0.2
CONNECT_S = 20.0  # an answered or unanswered offer that does not connect by then has failed
KEYFRAME_WAIT_S = 3.0  # then a stream is let through without an intra frame
# What was on the customer's screen is still on its way when the seal is lifted: in the jitter of
# the uplink, in the encoder, on a page that has not yet heard that the step is over.
OPEN_AFTER_S = 1.0

LegEvent = Callable[[str, str, int, str], None]  # call, leg, negotiation, state


class Call:
    """Two legs and the routes between them. Shut until both are connected; sealing shuts the
    customer's side at once, whatever peer connection it is on."""

    def __init__(self, name: str, on_leg: LegEvent, clock: Callable[[], float]) -> None:
        self.name = name
        self.sealed = False
        self.pin: str | None = None
        self.peers: dict[str, Peer] = {}
        self.opened_at: dict[str, float] = {}
        self.recorder: Recorder | None = None
        self.forwarded = 0
        self._open_at: float | None = None  # when a lifted seal opens the customer's side
        self._on_leg = on_leg
        self._clock = clock

    # --- events of the peers, in the packet's own turn ---

    def on_media(self, peer: Peer, stream: Inbound, packet: rtp.Packet, extended: int) -> None:
        """Record, sample and forward the packet in hand, unless its leg is sealed or replaced."""
        if self.peers.get(peer.leg) is not peer:
            return
        if self._is_shut(peer.leg):
            stream.shut_until = max(stream.shut_until, extended)
            return
        if extended <= stream.shut_until:
            return  # sent under the seal and late, such as a retransmission
        now = self._clock()
        if self.recorder is not None:
            self.recorder.media(peer.leg, stream.codec, bytes_of(packet))
        if stream.tap.wanted and stream.kind == "video":
            stream.tap.add(
                video_codec(stream),
                extended,
                packet.timestamp,
                packet.marker == 1,
                payload_of(packet),
                now,
            )
        target = self._target(peer)
        if target is not None:
            self._forward(peer, target, stream, packet, extended, now)

    def on_feedback(self, peer: Peer, data: bytes) -> None:
        """Carry RTCP over to the other leg."""
        if self.peers.get(peer.leg) is peer:
            sink = None if self._is_shut(peer.leg) else self._keep_report(peer)
            relay_feedback(peer, self._target(peer), data, sink)

    def on_state(self, peer: Peer, state: str) -> None:
        """Tell the owner; a leg that just connected needs pictures to begin with."""
        if self.peers.get(peer.leg) is not peer:
            return
        if state in ("failed", "closed"):
            self.opened_at.pop(peer.leg, None)
        if state == "connected":
            self.opened_at.pop(peer.leg, None)
            self.ask_keyframes()
        self._on_leg(self.name, peer.leg, peer.negotiation, state)

    def _keep_report(self, peer: Peer) -> Callable[[Inbound, rtp.SenderInfo], None]:
        def keep(stream: Inbound, info: rtp.SenderInfo) -> None:
            if self.recorder is not None:
                body = struct.pack("!IQI", info.ssrc, info.ntp, info.timestamp)
                self.recorder.sender_report(peer.leg, stream.codec, body)

        return keep

    def _is_shut(self, leg: str) -> bool:
        return self.sealed and leg == "customer"

    def _target(self, peer: Peer) -> Peer | None:
        target = self.peers.get(OTHER[peer.leg])
        if target is None or not target.connected or not peer.connected:
            return None
        return target

    def _forward(
        self,
        peer: Peer,
        target: Peer,
        stream: Inbound,
        packet: rtp.Packet,
        extended: int,
        now: float,
    ) -> None:
        out = target.outbound[stream.kind]
        rewriter = out.rewriter
        if stream.codec not in target.payload_types:
            return
        if not rewriter.is_open or rewriter.source != stream.ssrc:
            if stream.kind == "video" and not self._may_begin(peer, out, stream, packet, now):
                return
            rewriter.join(stream.ssrc, extended, packet.timestamp, now)
        mapped = rewriter.map(extended, packet.timestamp, now)
        if mapped is not None:
            self.forwarded += 1
            target.send_packet(out, packet, stream.codec, *mapped)

    def _may_begin(
        self, peer: Peer, out: Outbound, stream: Inbound, packet: rtp.Packet, now: float
    ) -> bool:
        """A picture stream begins with an intra frame, or anyhow when none comes for long."""
        if starts_keyframe(stream.codec, payload_of(packet)):
            out.waiting_since = -1.0
            return True
        if out.waiting_since < 0:
            out.waiting_since = now
            peer.ask_keyframe()
            return False
        if now - out.waiting_since < KEYFRAME_WAIT_S:
            return False
        out.waiting_since = -1.0
        return True

    # --- orders ---

    def set_sealed(self, sealed: bool) -> None:
        """Shut everything that comes from the customer from this very moment, or open it again.

        Opening takes OPEN_AFTER_S; until then the call counts as sealed.
        """
        if not sealed:
            if self.sealed and self._open_at is None:
                self._open_at = self._clock() + OPEN_AFTER_S
            return
        self._open_at = None
        if self.sealed:
            return
        self.sealed = True
        if self.recorder is not None:
            self.recorder.seal(True)
        agent, customer = self.peers.get("agent"), self.peers.get("customer")
        for out in agent.outbound.values() if agent is not None else ():
            out.cut()
        for stream in customer.inbound.values() if customer is not None else ():
            stream.tap.fail()

    def _open(self) -> None:
        self.sealed, self._open_at = False, None
        if self.recorder is not None:
            self.recorder.seal(False)
        customer = self.peers.get("customer")
        if customer is not None:
            customer.ask_keyframe()

    def ask_keyframes(self) -> None:
        for peer in self.peers.values():
            if peer.connected:
                peer.ask_keyframe()

    def tick(self, now: float) -> list[Peer]:
        """Do what is due; return the peers that failed to connect in time."""
        if self._open_at is not None and now >= self._open_at:
            self._open()
        if self.recorder is not None:
            self.recorder.tick()
        for peer in self.peers.values():
            if not peer.connected:
                continue
            peer.mend(now)
            target = self.peers.get(OTHER[peer.leg])
            if target is not None and target.outbound["video"].waiting_since >= 0:
                peer.ask_keyframe()
        return [
            self.peers[leg]
            for leg, since in self.opened_at.items()
            if now - since > CONNECT_S and leg in self.peers
        ]

    def codec_order(self, leg: str) -> list[str]:
        """Video codecs to offer: the pinned one alone, else what the other leg sends goes first."""
        if self.pin is not None:
            return [self.pin]
        other = self.peers.get(OTHER[leg])
        first = other.codecs[:1] if other is not None else ()
        return [*first, *(codec for codec in VIDEO_CODECS if codec not in first)]

    def settle_codec(self, peer: Peer) -> list[Peer]:
        """Pin one codec for both legs; return the peers that must be offered again for it."""
        other = self.peers.get(OTHER[peer.leg])
        if other is None or not other.codecs or not peer.codecs:
            return []
        if other.codecs[0] == peer.codecs[0]:
            return []
        common = [c for c in VIDEO_CODECS if c in other.codecs and c in peer.codecs]
        if not common:
            return []
        self.pin = common[0]
        return [p for p in (peer, other) if p.codecs[0] != self.pin]


class Bridge:
    """All calls of one process."""

    def __init__(self, on_leg: LegEvent, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls: dict[str, Call] = {}
        self._on_leg = on_leg
        self._clock = clock
        self._closing: set[asyncio.Task[None]] = set()
        self._past_packets = 0
        self._past_bytes = 0

    async def run(self) -> None:
        """Keep time for all calls until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock()
            for call in list(self._calls.values()):
                for peer in call.tick(now):
                    self._fail(call, peer)

    def _call(self, name: str) -> Call:
        if name not in self._calls:
            self._calls[name] = Call(name, self._on_leg, self._clock)
        return self._calls[name]

    def _peer(self, name: str, leg: str, negotiation: int | None = None) -> Peer:
        call = self._calls.get(name)
        peer = call.peers.get(leg) if call is not None else None
        if peer is None:
            raise NoSuchLeg
        if negotiation is not None and peer.negotiation != negotiation:
            raise StaleNegotiation
        return peer

    async def offer(
        self,
        name: str,
        leg: str,
        negotiation: int,
        ice_servers: Sequence[dict[str, Any]],
        *,
        relay_only: bool,
    ) -> str:
        """Open a peer connection for the leg in place of its old one and return the offer.

        The other leg goes on undisturbed. Raises StaleNegotiation if yet another offer overtook.
        """
        if leg not in OTHER:
            raise NoSuchLeg
        call = self._call(name)
        peer = Peer(call, leg, negotiation, self._clock)
        self._retire(call.peers.get(leg))
        call.peers[leg] = peer
        call.opened_at[leg] = self._clock()
        self._on_leg(name, leg, negotiation, "new")
        try:
            sdp = await peer.offer(ice_servers, relay_only=relay_only, codecs=call.codec_order(leg))
        except BaseException:
            self._drop(call, peer)
            raise
        if call.peers.get(leg) is not peer:
            self._retire(peer)
            raise StaleNegotiation
        return sdp

    async def answer(self, name: str, leg: str, negotiation: int, sdp: str) -> None:
        """Apply the leg's answer. Raises NoSuchLeg, StaleNegotiation, BadDescription."""
        peer = self._peer(name, leg, negotiation)
        await peer.answer(sdp)
        call = self._calls.get(name)
        if call is not None and call.peers.get(leg) is peer:
            for other in call.settle_codec(peer):
                self._fail(call, other)

    def candidate(
        self, name: str, leg: str, negotiation: int, candidate: Mapping[str, Any] | None
    ) -> None:
        """Add a trickled candidate of the leg's browser; None ends them."""
        self._peer(name, leg, negotiation).candidate(candidate)

    def set_sealed(self, name: str, sealed: bool) -> None:
        """Seal or open a call; a sealed one that has no leg yet starts that way."""
        if sealed or name in self._calls:
            self._call(name).set_sealed(sealed)

    async def start_recording(self, name: str, path: str, key: bytes) -> None:
        """Record the call from now on; repeating it for the same file changes nothing.

        A recording that the disk failed goes on as a new segment. Raises RecordingFailed.
        """
        call = self._call(name)
        if call.recorder is not None:
            if call.recorder.path != path:
                raise RecordingFailed("another")
            if not call.recorder.status().failed:
                return
            failed, call.recorder = call.recorder, None
            await failed.close()
        recorder = Recorder(path, key, self._clock)
        call.recorder = recorder
        try:
            await recorder.open(sealed=call.sealed)
        except RecordingFailed:
            call.recorder = None
            raise
        recorder.seal(call.sealed)
        call.ask_keyframes()

    def recording(self, name: str) -> Written:
        """How the call's recording goes; all zero when there is none."""
        call = self._calls.get(name)
        if call is None or call.recorder is None:
            return Written(False, call.sealed if call else False, False, 0, 0, 0)
        return call.recorder.status()

    async def keyframe(self, name: str, leg: str, timeout_s: float) -> Picture:
        """Ask the leg's browser for an intra frame. Raises NoSuchLeg, Sealed, NoKeyframe."""
        peer = self._peer(name, leg)
        if leg == "customer" and self._calls[name].sealed:
            raise Sealed
        return await peer.inbound["video"].tap.picture(timeout_s)

    async def close_call(self, name: str) -> None:
        """End the call: both peer connections and the recording, which is whole on return."""
        call = self._calls.pop(name, None)
        if call is None:
            return
        for peer in list(call.peers.values()):
            self._retire(peer)
        call.peers.clear()
        recorder, call.recorder = call.recorder, None
        if recorder is not None:
            await recorder.close()

    def stats(self) -> dict[str, int]:
        """Totals of this process since it started."""
        peers = [peer for call in self._calls.values() for peer in call.peers.values()]
        counters = [peer.counters for peer in peers]
        return {
            "calls": len(self._calls),
            "peers": len(peers),
            "packets": self._past_packets + sum(c.received for c in counters),
            "bytes": self._past_bytes + sum(c.received_bytes for c in counters),
            "forwarded": sum(call.forwarded for call in self._calls.values()),
            "junk": sum(c.junk for c in counters),
            "recordings": sum(call.recorder is not None for call in self._calls.values()),
        }

    def _fail(self, call: Call, peer: Peer) -> None:
        self._drop(call, peer)
        self._on_leg(call.name, peer.leg, peer.negotiation, "failed")

    def _drop(self, call: Call, peer: Peer) -> None:
        if call.peers.get(peer.leg) is peer:
            del call.peers[peer.leg]
            call.opened_at.pop(peer.leg, None)
        self._retire(peer)

    def _retire(self, peer: Peer | None) -> None:
        """Close a peer connection in the background; a slow TURN server holds up nobody."""
        if peer is None:
            return
        self._past_packets += peer.counters.received
        self._past_bytes += peer.counters.received_bytes
        task = asyncio.ensure_future(peer.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """End all calls and wait for their sockets."""
        for name in list(self._calls):
            await self.close_call(name)
        if self._closing:
            await asyncio.wait(self._closing, timeout=3)
