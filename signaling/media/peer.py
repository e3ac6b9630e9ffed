"""One peer connection of a leg: the offer, the answer, and the streams on it."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol

from aiortc import (
    RTCIceCandidate,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError, OperationError
from aiortc.sdp import SessionDescription, candidate_from_sdp

from signaling.media import aiortc_seam as seam
from signaling.media.errors import BadDescription
from signaling.media.payload import Codec
from signaling.media.rtp import Packet, build_nack, build_pli
from signaling.media.snapshot import SnapshotTap
from signaling.media.streams import GapTracker, History, ReceiveWindow, Rewriter

Kind = Literal["audio", "video"]
KINDS: tuple[Kind, Kind] = ("audio", "video")
CLOCK_RATES: Mapping[str, int] = {"audio": 48000, "video": 90000}
MAX_CANDIDATES = 64  # of one leg; a browser sends fewer than twenty
ASK_KEYFRAME_AGAIN_S = 0.1
PATIENCE_S = 0.4  # how long a missing video packet may still come

_VP8 = RTCRtpCodecCapability(mimeType="video/VP8", clockRate=90000)
_H264 = RTCRtpCodecCapability(
    mimeType="video/H264",
    clockRate=90000,
    parameters={
        "level-asymmetry-allowed": "1",
        "packetization-mode": "1",
        "profile-level-id": "42e01f",
    },
)
_RTX = RTCRtpCodecCapability(mimeType="video/rtx", clockRate=90000)
_OPUS = RTCRtpCodecCapability(mimeType="audio/opus", clockRate=48000, channels=2)
_VIDEO = {"VP8": _VP8, "H264": _H264}
_CNAME_LINE = re.compile(r"a=ssrc:\d+ cname:(\S+)")
_OPUS_LINE = re.compile(r"a=rtpmap:(\d+) opus/48000/2\r\n")


class Inbound:
    """What a peer sends of one kind: at most one live SSRC at a time."""

    def __init__(self, kind: Kind, ask_keyframe: Callable[[], bool]) -> None:
        self.kind = kind
        self.ssrc = -1
        self.codec = "opus" if kind == "audio" else "VP8"
        self.window = ReceiveWindow()
        self.gaps = GapTracker()
        self.tap = SnapshotTap(ask_keyframe)
        self.shut_until = -1  # the newest packet that came under a seal
        self._retired: set[int] = set()

    def follow(self, ssrc: int) -> bool:
        """Make `ssrc` the live source; False for one that another has already replaced."""
        if ssrc in self._retired or len(self._retired) > 64:
            return False
        if self.ssrc >= 0:
            self._retired.add(self.ssrc)
        self.ssrc = ssrc
        self.shut_until = -1
        self.window = ReceiveWindow()
        self.gaps = GapTracker()
        return True


class Outbound:
    """What the bridge sends to a peer of one kind, under the SSRC that the offer announced."""

    def __init__(self, kind: Kind, ssrc: int) -> None:
        self.kind = kind
        self.ssrc = ssrc
        self.rewriter = Rewriter(CLOCK_RATES[kind], random.randrange(1, 0x4000))  # noqa: S311
        self.history = History() if kind == "video" else None
        self.packets = 0
        self.octets = 0
        self.waiting_since = -1.0  # for an intra frame to begin with; < 0 when not waiting

    def cut(self) -> None:
        self.rewriter.cut()
        self.waiting_since = -1.0


class PeerEvents(Protocol):
    """What a peer tells the call it belongs to, from within the packet's own turn."""

    def on_media(self, peer: Peer, stream: Inbound, packet: Packet, extended: int) -> None: ...
    def on_feedback(self, peer: Peer, data: bytes) -> None: ...
    def on_state(self, peer: Peer, state: str) -> None: ...


class Peer:
    """One peer connection between the bridge and a browser. Used once, then replaced."""

    def __init__(
        self,
        owner: PeerEvents,
        leg: str,
        negotiation: int,
        clock: Callable[[], float],
    ) -> None:
        self.leg = leg
        self.negotiation = negotiation
        self.cname = ""
        self.connected = False
        self.codecs: tuple[str, ...] = ()
        self.inbound: dict[Kind, Inbound] = {
            kind: Inbound(kind, self.ask_keyframe) for kind in KINDS
        }
        self.outbound: dict[Kind, Outbound] = {}
        self.payload_types: dict[str, int] = {}
        self._incoming: dict[int, tuple[Kind, str, int]] = {}  # type -> kind, codec, RTX's apt
        self._owner = owner
        self._clock = clock
        self._packet = Packet()
        self._asked_keyframe_at = 0.0
        self._candidates = 0
        self._answered = False
        self._early: list[RTCIceCandidate | None] = []
        self._adding: set[asyncio.Task[None]] = set()
        self._closed = False
        self._connection: RTCPeerConnection | None = None
        self._wire: seam.Wire | None = None

    # --- negotiation ---

    async def offer(
        self,
        ice_servers: Sequence[dict[str, Any]],
        *,
        relay_only: bool,
        codecs: Sequence[str],
    ) -> str:
        """Gather candidates and return the offer. Raises BadDescription for a malformed server."""
        try:
            connection = seam.open_peer(ice_servers, relay_only=relay_only)
        except (ValueError, KeyError, TypeError) as error:
            raise BadDescription("ice_servers") from error
        self._connection = connection
        audio, video = connection.getTransceivers()
        audio.setCodecPreferences([_OPUS])
        video.setCodecPreferences([*(_VIDEO[codec] for codec in codecs), _RTX])
        for kind, transceiver in zip(KINDS, (audio, video), strict=True):
            self.outbound[kind] = Outbound(kind, seam.outgoing_ssrc(transceiver.sender))
        self._wire = seam.Wire(connection, self._on_rtp, self._owner_feedback)
        connection.on("connectionstatechange", self._on_connection_state)
        await connection.setLocalDescription(await connection.createOffer())
        self._wire.shadow()
        sdp = connection.localDescription.sdp
        cname = _CNAME_LINE.search(sdp)
        if cname is not None:
            self.cname = cname[1]
        return _with_opus_fec(sdp)

    async def answer(self, sdp: str) -> None:
        """Apply the browser's answer. Raises BadDescription; the peer is then of no more use."""
        if self._connection is None or self._answered:
            raise BadDescription("answer")
        try:
            self._read_codecs(SessionDescription.parse(sdp))
            await self._connection.setRemoteDescription(
                RTCSessionDescription(sdp=sdp, type="answer")
            )
        except (
            ValueError,
            KeyError,
            IndexError,
            AttributeError,
            TypeError,
            AssertionError,
            OperationError,
            InvalidStateError,
        ) as error:
            raise BadDescription("answer") from error
        self._answered = True
        early, self._early = self._early, []
        for parsed in early:
            self._add_candidate(parsed)

    def candidate(self, candidate: Mapping[str, Any] | None) -> None:
        """Add one trickled candidate, None for the end; one that is early waits for the answer.

        Returns at once: resolving an mDNS name takes seconds. Raises BadDescription.
        """
        self._candidates += 1
        if self._candidates > MAX_CANDIDATES:
            return
        try:
            parsed = _read_candidate(candidate)
        except (ValueError, KeyError, IndexError, TypeError, AssertionError) as error:
            raise BadDescription("candidate") from error
        if self._answered:
            self._add_candidate(parsed)
        else:
            self._early.append(parsed)

    def _add_candidate(self, parsed: RTCIceCandidate | None) -> None:
        task = asyncio.ensure_future(self._try_candidate(parsed))
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)

    async def _try_candidate(self, parsed: RTCIceCandidate | None) -> None:
        if self._connection is not None and not self._closed:
            with suppress(ValueError, OSError):  # a candidate after the end, or no mDNS socket
                await self._connection.addIceCandidate(parsed)

    def _read_codecs(self, description: SessionDescription) -> None:
        video: list[str] = []
        for media in description.media:
            if media.kind not in KINDS:
                continue
            kind: Kind = "audio" if media.kind == "audio" else "video"
            for codec in media.rtp.codecs:
                name = codec.name.upper()
                apt = codec.parameters.get("apt")
                number = codec.payloadType
                if number is None:
                    continue
                if name == "RTX" and isinstance(apt, int):
                    self._incoming[number] = (kind, "rtx", apt)
                elif name in ("OPUS", *_VIDEO) and number not in self._incoming:
                    label = "opus" if name == "OPUS" else name
                    self._incoming[number] = (kind, label, -1)
                    self.payload_types.setdefault(label, number)
                    if kind == "video" and label not in video:
                        video.append(label)
        self.codecs = tuple(video)

    # --- state ---

    def _on_connection_state(self) -> None:
        connection = self._connection
        if connection is None or self._closed:
            return
        state = connection.connectionState
        if state == "connected" and self._wire is not None:
            self._wire.open()
            self.connected = True
        elif state in ("failed", "closed"):
            self.connected = False
            self._fail_taps()
        self._owner.on_state(self, state)

    def _fail_taps(self) -> None:
        for stream in self.inbound.values():
            stream.tap.fail()

    async def close(self) -> None:
        """Shut the connection and its sockets. Safe to repeat; no more events come."""
        if self._closed:
            return
        self._closed = True
        self.connected = False
        for task in list(self._adding):
            task.cancel()
        self._fail_taps()
        if self._wire is not None:
            self._wire.close()
        if self._connection is not None:
            await self._connection.close()

    @property
    def counters(self) -> seam.WireCounters:
        return self._wire.counters if self._wire is not None else seam.WireCounters()

    # --- packets ---

    def _owner_feedback(self, data: bytes) -> None:
        self._owner.on_feedback(self, data)

    def _on_rtp(self, size: int) -> None:
        packet = self._packet
        if not packet.read(seam.SCRATCH, size):
            return
        entry = self._incoming.get(packet.payload_type)
        if entry is None:
            return
        kind, codec, apt = entry
        stream = self.inbound[kind]
        if codec == "rtx":
            original = self._incoming.get(apt)
            if original is None or stream.ssrc < 0:
                return
            codec = original[1]
            if not packet.unwrap_rtx(seam.SCRATCH, apt, stream.ssrc):
                return
        elif packet.ssrc != stream.ssrc and not stream.follow(packet.ssrc):
            return
        extended = stream.window.accept(packet.seq)
        if extended < 0:
            return
        stream.codec = codec
        if kind == "video":
            missing = stream.gaps.add(extended, self._clock())
            self._owner.on_media(self, stream, packet, extended)
            if missing:
                self._nack(stream, [number & 0xFFFF for number in missing])
        else:
            self._owner.on_media(self, stream, packet, extended)

    def _nack(self, stream: Inbound, wanted: list[int]) -> None:
        self.send_rtcp(build_nack(self.outbound["video"].ssrc, stream.ssrc, wanted))

    def ask_again(self, extended: list[int]) -> None:
        """Pass on a far receiver's request for video packets that never came here."""
        stream = self.inbound["video"]
        now = self._clock()
        wanted = [
            number & 0xFFFF
            for number in extended
            if not stream.window.has(number) and stream.gaps.may_ask(number, now)
        ]
        if wanted and stream.ssrc >= 0:
            self._nack(stream, wanted)

    def ask_keyframe(self) -> bool:
        """Ask the browser for an intra frame, at most ten times a second; whether it was asked."""
        stream = self.inbound["video"]
        now = self._clock()
        if stream.ssrc < 0 or now - self._asked_keyframe_at < ASK_KEYFRAME_AGAIN_S:
            return False
        self._asked_keyframe_at = now
        self.send_rtcp(build_pli(self.outbound["video"].ssrc, stream.ssrc))
        return True

    def mend(self, now: float) -> None:
        """Ask for an intra frame if video packets are lost for good."""
        if self.inbound["video"].gaps.lost(now, PATIENCE_S):
            self.ask_keyframe()

    def send_rtcp(self, data: bytes) -> None:
        if self._wire is not None:
            self._wire.send_rtcp(data)

    def resend(self, data: bytes) -> None:
        """Send protected bytes of the history once more (same number, same bytes)."""
        if self._wire is not None:
            self._wire.send_raw(data)

    def send_packet(self, stream: Outbound, packet: Packet, codec: str, seq: int, ts: int) -> None:
        """Send the packet in SCRATCH under this peer's numbers. SCRATCH is spent."""
        payload_type = self.payload_types.get(codec)
        if payload_type is None or self._wire is None:
            return
        packet.write_header(seam.SCRATCH, payload_type, seq & 0xFFFF, ts, stream.ssrc)
        sent = self._wire.send_rtp(packet.end)
        if sent is None:
            return
        stream.packets += 1
        stream.octets += packet.end - packet.start
        if stream.history is not None:
            stream.history.put(seq & 0xFFFF, sent)


def payload_of(packet: Packet) -> bytes:
    """Copy the payload of the packet in hand."""
    return seam.SCRATCH[packet.start : packet.end].tobytes()


def bytes_of(packet: Packet) -> bytes:
    """Copy the packet in hand, header rewritten to plain fields, without padding."""
    data = seam.SCRATCH[: packet.end].tobytes()
    return bytes([data[0] & 0xDF]) + data[1:]


def video_codec(stream: Inbound) -> Codec:
    """The codec of a video stream as the type that frames use."""
    return "H264" if stream.codec == "H264" else "VP8"


def _with_opus_fec(sdp: str) -> str:
    """Ask for in-band FEC, which the browser's encoder applies on lossy networks (RFC 7587)."""
    return _OPUS_LINE.sub(r"\g<0>a=fmtp:\1 minptime=10;useinbandfec=1\r\n", sdp)


def _read_candidate(candidate: Mapping[str, Any] | None) -> RTCIceCandidate | None:
    text = "" if candidate is None else str(candidate.get("candidate") or "")
    if candidate is None or not text:
        return None
    parsed = candidate_from_sdp(text.removeprefix("candidate:"))
    parsed.sdpMid = candidate.get("sdpMid")
    parsed.sdpMLineIndex = candidate.get("sdpMLineIndex")
    if parsed.sdpMid is None and parsed.sdpMLineIndex is None:
        raise ValueError("names no media section")
    return parsed
