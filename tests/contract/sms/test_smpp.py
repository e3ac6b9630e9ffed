"""The SMPP gateway passes the contract of an SMS gateway, against a server that others wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.contract.sms.smsc import PASSWORD, Smsc, running_smsc
from tests.contract.sms.suite import CHINESE, NUMBER, SmsGatewaySuite, sms
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.sms import smpp
from vcounter.adapters.sms.smpp import SmppGateway, SmppSettings
from vcounter.adapters.sms.smpp_receipt import MESSAGE_ID_TLV, STATE_TLV, read_receipt
from vcounter.domain.errors import InvalidInput, OperatorUnavailable
from vcounter.services.ports import DeliveryReceipt

THROTTLED, QUEUE_FULL, BAD_NUMBER, SYSTEM_ERROR = 0x58, 0x14, 0x0B, 0x08


@dataclass
class SmppWorld:
    gateway: SmppGateway
    centre: Smsc
    receipts: list[DeliveryReceipt] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, receipt: DeliveryReceipt) -> bool:
        self.receipts.append(receipt)
        self.came.set()
        return True

    async def received(self) -> list[tuple[str, str]]:
        await self.centre.order()
        return [(to.removeprefix("86"), text) for to, text in self.centre.messages()]


@asynccontextmanager
async def running_world(centre: Smsc, **changes: object) -> AsyncIterator[SmppWorld]:
    settings = SmppSettings("127.0.0.1", centre.port, "counter", PASSWORD, "10086", timeout_s=2.5)
    settings = replace(settings, **changes)  # type: ignore[arg-type]  # by name
    world = SmppWorld(None, centre)  # type: ignore[arg-type]  # set in the next line
    world.gateway = SmppGateway(settings, UlidFactory(SystemClock()), world.take)
    running = asyncio.create_task(world.gateway.run())
    try:
        yield world
    finally:
        running.cancel()
        await asyncio.wait([running])


@pytest.fixture
async def centre() -> AsyncIterator[Smsc]:
    async with running_smsc() as centre:
        yield centre


@pytest.fixture(params=["udh", "sar"])
async def world(request: pytest.FixtureRequest, centre: Smsc) -> AsyncIterator[SmppWorld]:
    async with running_world(centre, long=request.param) as world:
        yield world


class TestSmpp(SmsGatewaySuite):
    """Runs the whole suite with each way of joining parts."""


@pytest.fixture
async def line(centre: Smsc) -> AsyncIterator[SmppWorld]:
    async with running_world(centre) as world:
        yield world


async def test_a_message_goes_out_as_the_standard_says(line: SmppWorld) -> None:
    await line.gateway.submit(sms("您好"))
    await line.centre.order()

    (bind,) = line.centre.of("bind")
    (part,) = line.centre.of("submit")
    assert (bind["system_id"], bind["version"]) == ("counter", 0x34)
    assert (part["to"], part["ton"], part["npi"]) == ("8613800006021", [0, 1], [0, 1])
    assert (part["from"], part["coding"], part["registered"]) == ("10086", 8, 1)
    assert (part["esm_class"], part["udh"], part["sar"]) == (0, [], [None, None, None])


async def test_each_part_of_a_long_message_has_a_name_of_its_own(line: SmppWorld) -> None:
    handed = await line.gateway.submit(sms(CHINESE))
    await line.centre.order()

    parts = line.centre.of("submit")
    assert handed.provider_ids == tuple(p["id"] for p in parts) == ("m1", "m2", "m3", "m4")
    assert all(p["esm_class"] == 0x40 and len(p["text"]) <= 67 for p in parts)


@pytest.mark.parametrize("status", [THROTTLED, QUEUE_FULL])
async def test_a_full_centre_is_asked_again(line: SmppWorld, status: int) -> None:
    await line.centre.order(plan=[0, status, status])

    await line.gateway.submit(sms(CHINESE))

    assert await line.received() == [(NUMBER, CHINESE)]
    assert len(line.centre.of("submit")) == 6


async def test_a_centre_that_stays_full_is_unavailable_and_the_rest_is_sent_later(
    line: SmppWorld,
) -> None:
    await line.centre.order(plan=[0, 0] + [THROTTLED] * 6)

    with pytest.raises(OperatorUnavailable):
        await line.gateway.submit(sms(CHINESE))
    await line.gateway.submit(sms(CHINESE))

    assert await line.received() == [(NUMBER, CHINESE)]


async def test_a_number_the_centre_does_not_take_is_refused_for_good(line: SmppWorld) -> None:
    await line.centre.order(plan=[BAD_NUMBER])

    with pytest.raises(InvalidInput) as refused:
        await line.gateway.submit(sms())

    assert refused.value.fields == {"field": "gateway", "reason": "refused"}


@pytest.mark.parametrize("trouble", [SYSTEM_ERROR, "silent", "drop"])
async def test_an_answer_that_is_none_is_unavailable(line: SmppWorld, trouble: int | str) -> None:
    await line.centre.order(plan=[trouble])

    with pytest.raises(OperatorUnavailable):
        await line.gateway.submit(sms())

    await line.gateway.submit(sms())
    assert await line.received() == [(NUMBER, "hello")]


async def test_a_lost_session_is_bound_again(line: SmppWorld) -> None:
    await line.gateway.submit(sms("before", "1"))
    await line.centre.order(drop=True)
    await line.centre.until(lambda _: len(line.centre.of("bind")) == 2)

    await line.gateway.submit(sms("after", "2"))

    assert [text for _, text in await line.received()] == ["before", "after"]


async def test_a_wrong_password_and_an_absent_centre_are_unavailable(
    centre: Smsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smpp, "CONNECT_S", 0.5)
    for changes in ({"password": "wrong"}, {"port": 9}):
        async with running_world(centre, timeout_s=0.7, **changes) as world:
            with pytest.raises(OperatorUnavailable):
                await world.gateway.submit(sms())
            assert not world.gateway.is_bound

    assert [bind["right"] for bind in centre.of("bind")][:1] == [False]


async def test_receipts_are_taken_and_what_customers_write_is_not(line: SmppWorld) -> None:
    await line.gateway.submit(sms())
    await line.centre.order(text="stat:DELIVRD id:m1")
    await line.centre.order(receipt={"id": "m1", "stat": "ACCEPTD"})
    await line.centre.order(receipt={"id": "m1", "stat": "UNDELIV", "err": "027"})
    await line.centre.order(receipt={"id": "m2", "stat": "DELIVRD", "tlv": 2})
    async with asyncio.timeout(10):
        while len(line.receipts) < 2:
            line.came.clear()
            await line.came.wait()

    assert sorted(line.receipts, key=lambda r: r.provider_id) == [
        DeliveryReceipt("m1", delivered=False, reason="UNDELIV-027"),
        DeliveryReceipt("m2", delivered=True),
    ]


async def test_the_session_ends_with_an_unbind(centre: Smsc) -> None:
    async with running_world(centre) as world:
        await world.gateway.submit(sms())

    await centre.until(lambda _: len(centre.of("unbind")) == 1)


@pytest.mark.parametrize(
    ("esm_class", "text", "parameters", "wanted"),
    [
        (4, b"id:7 stat:EXPIRED err:000", {}, DeliveryReceipt("7", False, "EXPIRED")),
        (4, b"ID: 7 Stat: delivrd", {}, DeliveryReceipt("7", True)),
        (
            4,
            b"",
            {MESSAGE_ID_TLV: b"7\0", STATE_TLV: b"\x08"},
            DeliveryReceipt("7", False, "REJECTD"),
        ),
        (4, b"", {MESSAGE_ID_TLV: b"7\0", STATE_TLV: b"\x01"}, None),  # on its way
        (4, b"stat:DELIVRD", {}, None),
        (4, b"\xff\xfe", {}, None),
        (0, b"id:7 stat:DELIVRD", {}, None),  # a customer's own words
    ],
)
def test_receipts_of_many_forms(
    esm_class: int, text: bytes, parameters: dict[int, bytes], wanted: DeliveryReceipt | None
) -> None:
    assert read_receipt(esm_class, text, parameters) == wanted
