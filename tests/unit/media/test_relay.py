"""RTCP between two legs, and the routes of a call, with the wires faked."""

from __future__ import annotations

import struct

import pytest

from signaling.media import aiortc_seam as seam
from signaling.media import rtp
from signaling.media.bridge import OPEN_AFTER_S, Call
from signaling.media.peer import KINDS, Outbound, Peer

KEY = b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00rest"
INTER = b"\x10\x11\x02\x00inter"
OWN_SSRC = {"customer": {"audio": 11, "video": 12}, "agent": {"audio": 21, "video": 22}}
OUT_SSRC = {"customer": {"audio": 31, "video": 32}, "agent": {"audio": 41, "video": 42}}


class FakeWire:
    """Keeps what a peer was sent. Protecting is the identity here."""

    def __init__(self) -> None:
        self.counters = seam.WireCounters()
        self.rtp: list[bytes] = []
        self.rtcp: list[rtp.Feedback] = []
        self.raw: list[bytes] = []

    def send_rtp(self, size: int) -> bytes:
        data = seam.SCRATCH[:size].tobytes()
        self.rtp.append(data)
        return data

    def send_rtcp(self, data: bytes) -> None:
        self.rtcp += [f for f in rtp.split_rtcp(data) if f.kind != rtp.RR or f.count]

    def send_raw(self, data: bytes) -> None:
        self.raw.append(data)

    def close(self) -> None:
        return None


class Kept:
    """A recorder that counts."""

    def __init__(self) -> None:
        self.packets = 0

    def media(self, leg: str, codec: str, packet: bytes) -> None:
        self.packets += 1

    def seal(self, sealed: bool) -> None:
        return None

    def tick(self) -> None:
        return None


class Rig:
    """A call with both legs connected, a clock in hand, and all that goes out."""

    def __init__(self) -> None:
        self.now = 100.0
        self.states: list[tuple[str, str]] = []
        self.call = Call("v", lambda c, leg, n, state: self.states.append((leg, state)), self.clock)
        self.wires: dict[str, FakeWire] = {}
        for leg in ("customer", "agent"):
            self.connect(leg)

    def clock(self) -> float:
        return self.now

    def connect(self, leg: str) -> Peer:
        peer = Peer(self.call, leg, 1, self.clock)
        for kind in KINDS:
            peer.outbound[kind] = Outbound(kind, OUT_SSRC[leg][kind])
        peer._incoming = {
            96: ("audio", "opus", -1),
            97: ("video", "VP8", -1),
            98: ("video", "rtx", 97),
        }
        peer.payload_types = {"opus": 96, "VP8": 97}
        peer.connected = True
        self.wires[leg] = FakeWire()
        peer._wire = self.wires[leg]  # type: ignore[assignment]  # a fake
        self.call.peers[leg] = peer
        return peer

    def send(
        self,
        leg: str,
        seq: int,
        payload: bytes = INTER,
        *,
        pt: int = 97,
        ssrc: int | None = None,
        marker: bool = True,
        timestamp: int | None = None,
    ) -> None:
        kind = "audio" if pt == 96 else "video"
        source = OWN_SSRC[leg][kind] if ssrc is None else ssrc
        stamp = seq * 3000 if timestamp is None else timestamp
        data = struct.pack("!BBHII", 0x80, marker << 7 | pt, seq, stamp, source)
        data += payload
        seam.SCRATCH[: len(data)] = data
        self.call.peers[leg]._on_rtp(len(data))

    def lift_seal(self) -> None:
        self.call.set_sealed(False)
        self.now += OPEN_AFTER_S
        self.call.tick(self.now)

    def feedback(self, leg: str, data: bytes) -> None:
        self.call.on_feedback(self.call.peers[leg], data)

    def received(self, leg: str) -> list[tuple[int, int, int]]:
        """Sequence number, SSRC and payload length of what the leg was sent."""
        out = []
        for data in self.wires[leg].rtp:
            packet = rtp.Packet()
            assert packet.read(data, len(data))
            out.append((packet.seq, packet.ssrc, packet.end - packet.start))
        return out

    def asked(self, leg: str, kind: int, count: int) -> list[rtp.Feedback]:
        return [f for f in self.wires[leg].rtcp if (f.kind, f.count) == (kind, count)]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_picture_begins_with_an_intra_frame_that_is_asked_for(rig: Rig) -> None:
    rig.send("customer", 1)
    assert rig.received("agent") == []
    assert len(rig.asked("customer", rtp.PSFB, rtp.PLI)) == 1

    rig.send("customer", 2, KEY)
    rig.send("customer", 3)

    seqs = [seq for seq, _, _ in rig.received("agent")]
    assert seqs == [seqs[0], seqs[0] + 1]
    assert {ssrc for _, ssrc, _ in rig.received("agent")} == {42}


def test_picture_begins_anyhow_if_no_intra_frame_is_found(rig: Rig) -> None:
    rig.send("customer", 1)
    rig.now += 3.1

    rig.send("customer", 2)

    assert len(rig.received("agent")) == 1


def test_intra_frame_is_asked_for_until_it_comes(rig: Rig) -> None:
    rig.send("customer", 1)
    for _ in range(3):
        rig.now += 0.2
        rig.call.tick(rig.now)

    assert len(rig.asked("customer", rtp.PSFB, rtp.PLI)) == 4


def test_duplicate_and_unknown_payloads_go_nowhere(rig: Rig) -> None:
    rig.send("customer", 2, KEY)
    rig.send("customer", 2, b"\x10\x11other bytes under the same number")
    rig.send("customer", 3, pt=120)

    assert len(rig.received("agent")) == 1


def test_retransmission_fills_its_gap_once(rig: Rig) -> None:
    rig.send("customer", 10, KEY)
    rig.send("customer", 12)
    (nack,) = rig.asked("customer", rtp.RTPFB, rtp.NACK)
    assert rtp.read_nack(nack.body) == [11]
    assert rtp.read_targets(nack.body) == (32, 12)

    rig.send("customer", 900, struct.pack("!H", 11) + INTER, pt=98, ssrc=500)
    rig.send("customer", 901, struct.pack("!H", 11) + INTER, pt=98, ssrc=500)
    rig.send("customer", 902, b"", pt=98, ssrc=500)

    first = rig.received("agent")[0][0]
    assert [seq - first for seq, _, _ in rig.received("agent")] == [0, 2, 1]
    assert {size for _, _, size in rig.received("agent")} == {len(KEY), len(INTER)}


def test_far_request_is_answered_from_history_else_passed_on(rig: Rig) -> None:
    rig.send("customer", 10, KEY)
    rig.send("customer", 12)
    sent = rig.wires["agent"].rtp
    first = rig.received("agent")[0][0]
    rig.now += 0.05

    rig.feedback("agent", rtp.build_nack(1, 42, [first, first + 1]))

    assert rig.wires["agent"].raw == [sent[0]]
    assert rtp.read_nack(rig.asked("customer", rtp.RTPFB, rtp.NACK)[-1].body) == [11]
    rig.feedback("agent", rtp.build_nack(1, 999, [first]))
    assert len(rig.wires["agent"].raw) == 1


def test_stream_goes_on_when_the_source_is_replaced(rig: Rig) -> None:
    rig.send("customer", 10, KEY)
    rig.send("customer", 11)
    rig.now += 1.0
    rig.connect("customer")

    rig.send("customer", 5000, ssrc=77)
    rig.send("customer", 5001, KEY, ssrc=77)
    rig.send("customer", 11)  # a late one of the old source starts nothing

    seqs = [seq for seq, _, _ in rig.received("agent")]
    assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2]


def test_replaced_peer_is_heard_no_more(rig: Rig) -> None:
    old = rig.call.peers["customer"]
    rig.connect("customer")
    data = struct.pack("!BBHII", 0x80, 0x80 | 97, 1, 0, 12) + KEY
    seam.SCRATCH[: len(data)] = data

    old._on_rtp(len(data))
    rig.call.on_feedback(old, rtp.build_pli(1, 32))
    rig.call.on_state(old, "failed")

    assert rig.received("agent") == []
    assert rig.states == []


def test_seal_shuts_the_customer_in_the_same_turn(rig: Rig) -> None:
    rig.send("customer", 1, KEY)
    rig.send("customer", 1, b"sound", pt=96)
    rig.send("agent", 1, b"sound", pt=96)
    before = len(rig.received("agent"))

    rig.call.set_sealed(True)
    rig.send("customer", 2)
    rig.send("customer", 2, b"sound", pt=96)
    report = rtp.build_sender_report(rtp.SenderInfo(12, 1, 2, 3, 4), "x")
    rig.feedback("customer", report)
    rig.send("agent", 2, b"sound", pt=96)

    assert len(rig.received("agent")) == before
    assert not rig.asked("agent", rtp.SR, 0)
    assert len(rig.received("customer")) == 2

    rig.lift_seal()
    rig.send("customer", 3)
    assert len(rig.received("agent")) == before  # an inter frame is no beginning
    rig.send("customer", 4, KEY)
    rig.send("customer", 3, b"sound", pt=96)
    assert len(rig.received("agent")) == before + 2
    video = [seq for seq, ssrc, _ in rig.received("agent") if ssrc == 42]
    assert video[1] == video[0] + 1


def test_lifted_seal_stays_shut_for_what_is_still_on_its_way(rig: Rig) -> None:
    rig.call.set_sealed(True)
    rig.call.set_sealed(False)
    rig.now += OPEN_AFTER_S / 2
    rig.call.tick(rig.now)
    rig.send("customer", 1, KEY)
    rig.send("customer", 1, b"sound", pt=96)

    assert rig.call.sealed
    assert rig.received("agent") == []


def test_seal_that_comes_back_before_it_opened_stays(rig: Rig) -> None:
    rig.call.set_sealed(True)
    rig.call.set_sealed(False)
    rig.now += OPEN_AFTER_S / 2
    rig.call.set_sealed(True)
    rig.now += OPEN_AFTER_S
    rig.call.tick(rig.now)

    assert rig.call.sealed


def test_retransmission_from_under_the_seal_is_never_let_through(rig: Rig) -> None:
    recorder = Kept()
    rig.call.recorder = recorder  # type: ignore[assignment]  # a fake
    rig.call.set_sealed(True)
    rig.send("customer", 10, KEY)
    rig.send("customer", 12)
    rig.lift_seal()

    rig.send("customer", 11, KEY)
    rig.send("customer", 13, KEY)

    assert len(rig.received("agent")) == 1
    assert recorder.packets == 1


def test_nothing_flows_while_a_leg_is_not_connected(rig: Rig) -> None:
    rig.call.peers["agent"].connected = False

    rig.send("customer", 1, KEY)
    rig.feedback("agent", rtp.build_pli(1, 42))

    assert rig.received("agent") == []
    assert not rig.asked("customer", rtp.PSFB, rtp.PLI)


def test_sender_report_is_translated_with_its_clock(rig: Rig) -> None:
    rig.send("customer", 7, b"sound", pt=96, timestamp=1000)

    rig.feedback("customer", rtp.build_sender_report(rtp.SenderInfo(11, 5 << 32, 1960, 9, 9), "c"))

    (feedback,) = rig.asked("agent", rtp.SR, 0)
    assert rtp.read_sender_info(feedback.body) == rtp.SenderInfo(41, 5 << 32, 1960, 1, 5)


def test_receiver_report_is_translated_back(rig: Rig) -> None:
    rig.send("customer", 7, b"sound", pt=96)
    out = rig.received("agent")[0][0]

    rig.feedback("agent", rtp.build_receiver_report(5, [rtp.Report(41, 6, out, 8, 9, 10)]))
    rig.feedback("agent", rtp.build_receiver_report(5, [rtp.Report(999, 6, out, 8, 9, 10)]))

    (feedback,) = rig.asked("customer", rtp.RR, 1)
    assert list(rtp.read_reports(feedback)) == [rtp.Report(11, 6, 7, 8, 9, 10)]


def test_picture_requests_and_estimates_go_to_the_source(rig: Rig) -> None:
    rig.send("customer", 1, KEY)
    rig.now += 1

    rig.feedback("agent", rtp.build_pli(1, 42))
    rig.feedback("agent", rtp.build_remb(1, b"\x07\x00\x00", [42, 999]))

    assert rtp.read_targets(rig.asked("customer", rtp.PSFB, rtp.PLI)[-1].body) == (32, 12)
    (remb,) = rig.asked("customer", rtp.PSFB, rtp.REMB)
    assert rtp.read_remb(remb.body) == (b"\x07\x00\x00", [12])


def test_lost_pictures_are_mended_with_an_intra_frame(rig: Rig) -> None:
    rig.send("customer", 1, KEY)
    rig.send("customer", 3)
    asked = len(rig.asked("customer", rtp.PSFB, rtp.PLI))
    rig.now += 0.6

    rig.call.tick(rig.now)

    assert len(rig.asked("customer", rtp.PSFB, rtp.PLI)) == asked + 1


def test_connecting_takes_only_so_long(rig: Rig) -> None:
    peer = rig.call.peers["agent"]
    rig.call.opened_at["agent"] = rig.now

    assert rig.call.tick(rig.now + 19) == []
    assert rig.call.tick(rig.now + 21) == [peer]


@pytest.mark.parametrize(
    ("customer", "agent", "pin", "again"),
    [
        (("VP8", "H264"), ("VP8", "H264"), None, []),
        (("H264",), ("VP8", "H264"), "H264", ["agent"]),
        (("H264", "VP8"), ("VP8", "H264"), "VP8", ["customer"]),
        (("VP8",), ("H264",), None, []),
        ((), ("VP8",), None, []),
    ],
)
def test_one_codec_is_settled_for_both(
    rig: Rig, customer: tuple[str, ...], agent: tuple[str, ...], pin: str | None, again: list[str]
) -> None:
    rig.call.peers["customer"].codecs = customer
    rig.call.peers["agent"].codecs = agent

    offered_again = rig.call.settle_codec(rig.call.peers["customer"])

    assert rig.call.pin == pin
    assert [peer.leg for peer in offered_again] == again
    assert rig.call.codec_order("agent")[0] == (pin or (customer or ("VP8",))[0])
