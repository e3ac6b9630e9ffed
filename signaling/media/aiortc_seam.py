"""The one place that touches private names of aiortc, aioice and pylibsrtp.

aiortc keeps SDP, ICE, DTLS and the keys; SRTP leaves its path at the socket. Each packet is
unprotected in one buffer, changed there, protected there and sent, without a queue or a task.
`PRIVATE_NAMES` lists what an upgrade may move; the seam test checks each of them.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aioice.ice
import aioice.turn
import aiortc.rtcpeerconnection
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
)
from aiortc.rtcconfiguration import RTCBundlePolicy, RTCIceTransportPolicy
from pylibsrtp import _binding

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "aiortc.rtcpeerconnection (module)": ("RTCRtpReceiver", "RTCRtpSender"),
    "aiortc.RTCRtpSender": ("_ssrc", "_handle_rtcp_packet"),
    "aiortc.RTCRtpReceiver": ("_handle_rtcp_packet", "_handle_rtp_packet", "_handle_disconnect"),
    "aiortc.RTCDtlsTransport": ("_rx_srtp", "_tx_srtp"),
    "aiortc.RTCIceTransport": ("_connection",),
    "aioice.ice (module)": ("get_host_addresses",),
    "aioice.Connection": ("_nominated", "_protocols"),
    "aioice.ice.StunProtocol": ("datagram_received", "transport"),
    "aioice.ice.CandidatePair": ("protocol", "remote_addr"),
    "aioice.turn.TurnTransport": ("_TurnTransport__inner_protocol",),
    "aioice.turn.TurnClientUdpProtocol": ("peer_to_channel", "channel_refresh_at", "_send"),
    "pylibsrtp.Session": ("_srtp",),
    "pylibsrtp._binding": ("ffi", "lib"),
    "pylibsrtp._binding.lib": (
        "srtp_protect",
        "srtp_protect_rtcp",
        "srtp_unprotect",
        "srtp_unprotect_rtcp",
    ),
}

MAX_DATAGRAM = 2048
_TRAILER = 160  # bytes that protecting may add: tag, key identifier, SRTCP index
_STUN_COOKIE = b"\x21\x12\xa4\x42"
_PARSE_ERRORS = (ValueError, KeyError, IndexError, AssertionError, OverflowError, struct.error)

_ffi: Any = _binding.ffi
_lib: Any = _binding.lib
_words = _ffi.new("uint64_t[]", MAX_DATAGRAM // 8)  # libsrtp wants aligned packets
_cdata = _ffi.cast("char *", _words)
_length = _ffi.new("int *")

SCRATCH: memoryview = memoryview(_ffi.buffer(_words, MAX_DATAGRAM)).cast("B")
"""The packet in hand. Valid until the next packet is received or sent; one event loop only."""


@dataclass(slots=True)
class WireCounters:
    """What a wire saw. `junk` counts datagrams dropped before any state was touched."""

    received: int = 0
    sent: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0
    junk: int = 0


class PacketReceiver(RTCRtpReceiver):
    """A receiver that neither buffers nor decodes: its packets never reach it."""

    async def receive(self, parameters: object) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def _handle_rtcp_packet(self, packet: object) -> None:
        return None

    async def _handle_rtp_packet(self, packet: object, arrival_time_ms: int) -> None:
        return None

    def _handle_disconnect(self) -> None:
        return None


class PacketSender(RTCRtpSender):
    """A sender without track, encoder or tasks (the stock one polls for a track every 20 ms)."""

    async def send(self, parameters: object) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def _handle_rtcp_packet(self, packet: object) -> None:
        return None


def restrict_host_addresses(addresses: Sequence[str]) -> None:
    """Let ICE of this process use these local addresses only, loopback included."""
    allowed = list(addresses)

    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [a for a in allowed if (use_ipv6 if ":" in a else use_ipv4)]

    aioice.ice.get_host_addresses = get_host_addresses


def open_peer(ice_servers: Sequence[dict[str, Any]], *, relay_only: bool) -> RTCPeerConnection:
    """A peer connection with one audio and one video transceiver that carry packets as they are.

    With `relay_only` all its candidates are relayed ones, which takes a TURN server in the list.
    """
    servers = [
        RTCIceServer(
            urls=server["urls"],
            username=server.get("username"),
            credential=server.get("credential"),
        )
        for server in ice_servers
    ]
    policy = RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL
    peer = RTCPeerConnection(
        RTCConfiguration(
            iceServers=servers,
            iceTransportPolicy=policy,
            bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
        )
    )
    module: Any = aiortc.rtcpeerconnection
    stock = module.RTCRtpReceiver, module.RTCRtpSender
    module.RTCRtpReceiver, module.RTCRtpSender = PacketReceiver, PacketSender
    try:
        peer.addTransceiver("audio", "sendrecv")
        peer.addTransceiver("video", "sendrecv")
    finally:
        module.RTCRtpReceiver, module.RTCRtpSender = stock
    return peer


def outgoing_ssrc(sender: RTCRtpSender) -> int:
    """The SSRC that the offer announces for this sender."""
    return int(sender._ssrc)


class Wire:
    """The SRTP side of one peer connection: every packet in, every packet out.

    Junk, that is anything that no peer with the session's keys sent, changes no state here and is
    dropped before parsing; floods cost one failed tag check each.
    """

    def __init__(
        self,
        peer: RTCPeerConnection,
        on_rtp: Callable[[int], None],
        on_rtcp: Callable[[bytes], None],
    ) -> None:
        self.counters = WireCounters()
        self._dtls: Any = peer.getTransceivers()[0].receiver.transport
        self._ice: Any = self._dtls.transport._connection
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._rx: Any = None
        self._tx: Any = None
        self._sessions: tuple[Any, Any] | None = None
        self._shadowed: list[Any] = []

    def shadow(self) -> None:
        """Take the datagrams of all gathered sockets: any of them may become nominated."""
        for protocol in self._ice._protocols:
            if protocol not in self._shadowed:
                protocol.datagram_received = self._receiver(protocol.datagram_received)
                self._shadowed.append(protocol)

    def open(self) -> None:
        """Start to let SRTP through, once DTLS has made the keys."""
        self._sessions = self._dtls._rx_srtp, self._dtls._tx_srtp
        self._rx = self._sessions[0]._srtp[0]
        self._tx = self._sessions[1]._srtp[0]
        self.shadow()

    def close(self) -> None:
        """Stop for good. Late packets are dropped, and nothing is sent any more."""
        self._rx = self._tx = self._sessions = None
        for protocol in self._shadowed:
            protocol.__dict__.pop("datagram_received", None)
        self._shadowed.clear()

    def _receiver(
        self, original: Callable[[bytes, tuple[Any, ...]], None]
    ) -> Callable[[bytes, tuple[Any, ...]], None]:
        counters = self.counters

        def datagram_received(data: bytes, addr: tuple[Any, ...]) -> None:
            size = len(data)
            first = data[0] if size else 255
            if 128 <= first <= 191:
                if 12 <= size <= MAX_DATAGRAM - _TRAILER and self._rx is not None:
                    self._receive(data, size)
                else:
                    counters.junk += 1
            elif first < 4:
                self._pass_stun(original, data, size, addr)
            elif 20 <= first <= 63 and size >= 13 and self._is_from_peer(addr):
                original(data, addr)
            else:
                counters.junk += 1

        return datagram_received

    def _pass_stun(
        self,
        original: Callable[[bytes, tuple[Any, ...]], None],
        data: bytes,
        size: int,
        addr: tuple[Any, ...],
    ) -> None:
        if size < 20 or data[4:8] != _STUN_COOKIE:
            self.counters.junk += 1
            return
        try:
            original(data, addr)
        except _PARSE_ERRORS:  # aioice lets some malformed attributes through its own net
            self.counters.junk += 1

    def _is_from_peer(self, addr: tuple[Any, ...]) -> bool:
        pair = self._ice._nominated.get(1)
        return pair is None or pair.remote_addr == (addr[0], addr[1])

    def _receive(self, data: bytes, size: int) -> None:
        SCRATCH[:size] = data
        _length[0] = size
        if 64 <= data[1] & 0x7F <= 95:
            if _lib.srtp_unprotect_rtcp(self._rx, _cdata, _length):
                self.counters.junk += 1
                return
            self._count(size)
            self._on_rtcp(SCRATCH[: _length[0]].tobytes())
            return
        if _lib.srtp_unprotect(self._rx, _cdata, _length):
            self.counters.junk += 1
            return
        self._count(size)
        self._on_rtp(_length[0])

    def _count(self, size: int) -> None:
        self.counters.received += 1
        self.counters.received_bytes += size

    def send_rtp(self, size: int) -> bytes | None:
        """Protect the RTP packet in SCRATCH and send it; return what went out, None if nothing.

        SCRATCH is spent afterwards.
        """
        if self._tx is None:
            return None
        _length[0] = size
        if _lib.srtp_protect(self._tx, _cdata, _length):
            return None
        data = SCRATCH[: _length[0]].tobytes()
        self.send_raw(data)
        return data

    def send_rtcp(self, data: bytes) -> None:
        """Protect one RTCP compound and send it. Uses SCRATCH."""
        size = len(data)
        if self._tx is None or size > MAX_DATAGRAM - _TRAILER:
            return
        SCRATCH[:size] = data
        _length[0] = size
        if _lib.srtp_protect_rtcp(self._tx, _cdata, _length) == 0:
            self.send_raw(SCRATCH[: _length[0]].tobytes())

    def send_raw(self, data: bytes) -> None:
        """Send protected bytes on the pair that is nominated now."""
        pair = self._ice._nominated.get(1)
        if pair is None:
            return
        self.counters.sent += 1
        self.counters.sent_bytes += len(data)
        transport = pair.protocol.transport
        if isinstance(transport, aioice.turn.TurnTransport):
            _send_relayed(transport, data, pair.remote_addr)
        else:
            transport.sendto(data, pair.remote_addr)


def _send_relayed(transport: Any, data: bytes, addr: tuple[str, int]) -> None:
    """Send on a bound TURN channel at once; aioice itself starts a task for each packet."""
    inner = transport._TurnTransport__inner_protocol
    channel = inner.peer_to_channel.get(addr)
    if (
        channel is None
        or inner.transport.is_closing()
        or time.time() > inner.channel_refresh_at[channel]
    ):
        transport.sendto(data, addr)
        return
    inner._send(struct.pack("!HH", channel, len(data)) + data)
