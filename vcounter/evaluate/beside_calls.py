"""What identity checks cost the calls on the bridge: latency that the bridge adds, idle and busy.

Packets go from one end to the other straight and through the bridge's worker process, in turns of
the same run; the difference is what the bridge adds. Busy means that the laboratory works through
as many checks at once as it is given: comparisons with both engines and stills of cards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from statistics import median, quantiles

import numpy as np

from signaling.media import aiortc_seam
from signaling.media.client import MediaClient
from vcounter.adapters.identity.lab import ModelLab
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.evaluate.packet_peer import PacketPeer
from vcounter.specimen.card import draw_front, phone_photo
from vcounter.specimen.invented import invent
from vcounter.specimen.people import portraits

_TURN_S = 2.0
_SETTLE_S = 0.3
_LIVE_FRAMES = 5


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from one end to the other."""

    p50: float
    p95: float
    packets: int
    lost: int


@dataclass(frozen=True, slots=True)
class BesideCalls:
    """`added_*`: through the bridge minus straight, in milliseconds; `checks_done` of `checks`."""

    idle_straight: Latency
    idle_bridge: Latency
    busy_straight: Latency
    busy_bridge: Latency
    added_idle_p50: float
    added_busy_p50: float
    added_busy_p95: float
    checks: int
    checks_done: int

    def as_json(self) -> dict[str, object]:
        return asdict(self)


async def measure(*, checks: int = 20, turns: int = 3) -> BesideCalls:
    """Measure idle, then with `checks` checks under way all the time. Takes about a minute."""
    aiortc_seam.restrict_host_addresses(["127.0.0.1"])
    lab = ModelLab()
    client = MediaClient(bind=("127.0.0.1",))
    await asyncio.gather(lab.start(), client.start())
    try:
        async with _straight() as straight, _bridged(client) as bridge:
            idle = await _turns(turns, straight, bridge)
            async with asyncio.TaskGroup() as group:
                work = group.create_task(_work(lab, checks))
                busy = await _turns(turns, straight, bridge)
    finally:
        await asyncio.gather(lab.stop(), client.stop())
    (idle_straight, idle_bridge), (busy_straight, busy_bridge) = idle, busy
    return BesideCalls(
        idle_straight,
        idle_bridge,
        busy_straight,
        busy_bridge,
        added_idle_p50=idle_bridge.p50 - idle_straight.p50,
        added_busy_p50=busy_bridge.p50 - busy_straight.p50,
        added_busy_p95=busy_bridge.p95 - busy_straight.p95,
        checks=checks,
        checks_done=work.result(),
    )


Pair = tuple[PacketPeer, PacketPeer]


@asynccontextmanager
async def _straight() -> AsyncIterator[Pair]:
    sender, receiver = PacketPeer(), PacketPeer()
    await sender.accept(await receiver.answer(await sender.offer()))
    async with _joined(sender, receiver) as pair:
        yield pair


@asynccontextmanager
async def _bridged(client: MediaClient) -> AsyncIterator[Pair]:
    sender, receiver = PacketPeer(), PacketPeer()
    for leg, peer in (("customer", sender), ("agent", receiver)):
        offer = await client.offer("bench", leg)
        await client.answer("bench", leg, offer.negotiation, await peer.answer(offer.sdp))
    async with _joined(sender, receiver) as pair:
        yield pair
    await client.close_call("bench")


@asynccontextmanager
async def _joined(sender: PacketPeer, receiver: PacketPeer) -> AsyncIterator[Pair]:
    try:
        await asyncio.gather(sender.connected(), receiver.connected())
        yield sender, receiver
    finally:
        await asyncio.gather(sender.close(), receiver.close())


async def _turns(turns: int, straight: Pair, bridge: Pair) -> tuple[Latency, Latency]:
    """Alternate, so that both meet the same minutes of the machine."""
    seen: tuple[list[float], list[float]] = ([], [])
    sent = [0, 0]
    for _ in range(turns):
        for index, (sender, receiver) in enumerate((straight, bridge)):
            receiver.arrivals.latency_ms.clear()
            before = sender.sent
            await sender.speak(_TURN_S)
            await asyncio.sleep(_SETTLE_S)
            seen[index].extend(receiver.arrivals.latency_ms)
            sent[index] += sender.sent - before
    return _summary(seen[0], sent[0]), _summary(seen[1], sent[1])


def _summary(latencies: Sequence[float], sent: int) -> Latency:
    if len(latencies) < 2:
        raise RuntimeError("no packet arrived: the call was not up")
    p95 = quantiles(latencies, n=20)[-1]
    return Latency(median(latencies), p95, len(latencies), sent - len(latencies))


async def _work(lab: ModelLab, checks: int) -> int:
    """All checks at once; returns how many were answered."""
    portrait = portraits()["obama"]
    card = phone_photo(draw_front(invent(np.random.default_rng(1))), np.random.default_rng(1))
    still = encode_jpeg(card)
    live = [portrait.live] * _LIVE_FRAMES

    async def one(index: int) -> None:
        if index % 2:
            await lab.inspect_card(still, "front", None)
        else:
            await lab.compare(live, portrait.enrolment)

    answers = await asyncio.gather(*(one(i) for i in range(checks)), return_exceptions=True)
    return sum(not isinstance(answer, BaseException) for answer in answers)
