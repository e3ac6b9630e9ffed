"""RTCP of one leg carried over to the other, as an RFC 3550 translator does (§7.2)."""

from __future__ import annotations

import time
from collections.abc import Callable

from signaling.media import rtp
from signaling.media.peer import KINDS, Inbound, Kind, Outbound, Peer

ReportSink = Callable[[Inbound, rtp.SenderInfo], None]


def relay_feedback(
    source: Peer, target: Peer | None, data: bytes, on_sender_report: ReportSink | None
) -> None:
    """Handle one compound from `source`; `target` is the other leg while the route is open.

    NACKs are answered from the history of what `source` was sent; what is not there is asked of
    `target`. Requests and estimates go on with their SSRCs rewritten. `on_sender_report` None
    means that nothing of the source's own media may pass: its sender reports are dropped.
    """
    for feedback in rtp.split_rtcp(data):
        if feedback.kind == rtp.SR:
            _sender_report(source, target, feedback, on_sender_report)
        if feedback.kind in (rtp.SR, rtp.RR):
            _receiver_reports(source, target, feedback)
        elif feedback.kind == rtp.RTPFB and feedback.count == rtp.NACK:
            _nack(source, target, feedback)
        elif feedback.kind == rtp.PSFB:
            _payload_feedback(source, target, feedback)


def _sender_report(
    source: Peer, target: Peer | None, feedback: rtp.Feedback, sink: ReportSink | None
) -> None:
    info = rtp.read_sender_info(feedback.body)
    if info is None or sink is None:
        return
    stream = _inbound(source, info.ssrc)
    if stream is None:
        return
    sink(stream, info)
    if target is None:
        return
    out = target.outbound[stream.kind]
    if not out.rewriter.is_open or out.rewriter.source != info.ssrc:
        return
    translated = rtp.SenderInfo(
        out.ssrc, info.ntp, out.rewriter.timestamp(info.timestamp), out.packets, out.octets
    )
    target.send_rtcp(rtp.build_sender_report(translated, target.cname))


def _receiver_reports(source: Peer, target: Peer | None, feedback: rtp.Feedback) -> None:
    if target is None:
        return
    for report in rtp.read_reports(feedback):
        kind = _outbound_kind(source, report.ssrc)
        if kind is None:
            continue
        rewriter = source.outbound[kind].rewriter
        upstream = target.inbound[kind]
        if not rewriter.is_open or rewriter.source != upstream.ssrc:
            continue
        translated = rtp.Report(
            upstream.ssrc,
            report.lost,
            rewriter.source_highest(report.highest),
            report.jitter,
            report.lsr,
            report.dlsr,
        )
        sender = target.outbound[kind].ssrc
        target.send_rtcp(rtp.build_receiver_report(sender, [translated]))


def _nack(source: Peer, target: Peer | None, feedback: rtp.Feedback) -> None:
    targets = rtp.read_targets(feedback.body)
    if targets is None or targets[1] != source.outbound["video"].ssrc:
        return
    out: Outbound = source.outbound["video"]
    now = time.monotonic()
    missing: list[int] = []
    for seq in rtp.read_nack(feedback.body):
        if out.history is None:
            return
        if not out.history.has(seq):
            number = out.rewriter.source_of(seq)
            if number is not None:
                missing.append(number)
        elif (kept := out.history.take(seq, now)) is not None:
            source.resend(kept)
    if missing and target is not None and out.rewriter.is_open:
        target.ask_again(missing)


def _payload_feedback(source: Peer, target: Peer | None, feedback: rtp.Feedback) -> None:
    if target is None:
        return
    if feedback.count in (rtp.PLI, rtp.FIR):
        target.ask_keyframe()
    elif feedback.count == rtp.REMB:
        _remb(source, target, feedback.body)


def _remb(source: Peer, target: Peer, body: bytes) -> None:
    estimate = rtp.read_remb(body)
    if estimate is None:
        return
    kinds = [_outbound_kind(source, ssrc) for ssrc in estimate[1]]
    ssrcs = [target.inbound[kind].ssrc for kind in kinds if kind is not None]
    live = [ssrc for ssrc in ssrcs if ssrc >= 0]
    if live:
        sender = target.outbound["video"].ssrc
        target.send_rtcp(rtp.build_remb(sender, estimate[0], live))


def _inbound(peer: Peer, ssrc: int) -> Inbound | None:
    return next((peer.inbound[kind] for kind in KINDS if peer.inbound[kind].ssrc == ssrc), None)


def _outbound_kind(peer: Peer, ssrc: int) -> Kind | None:
    return next((kind for kind in KINDS if peer.outbound[kind].ssrc == ssrc), None)
