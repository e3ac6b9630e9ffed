"""The HTTP gateway passes the contract of an SMS gateway, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.contract.sms.http_service import (
    KEY_ID,
    SECRET,
    SmsService,
    receipt_headers,
    sms_service,
)
from tests.contract.sms.suite import CHINESE, NUMBER, SmsGatewaySuite, sms
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.sms.http_gateway import HttpSmsGateway
from vcounter.adapters.sms.http_wire import HttpSettings, read_receipt
from vcounter.domain.errors import InvalidInput, NotSignedIn, OperatorUnavailable
from vcounter.services.ports import DeliveryReceipt, Handed

NOW = 1_800_000_000


@dataclass
class HttpWorld:
    gateway: HttpSmsGateway
    service: SmsService

    async def received(self) -> list[tuple[str, str]]:
        return [(str(m["to"]), str(m["text"])) for m in self.service.messages.values()]


@pytest.fixture
async def world() -> AsyncIterator[HttpWorld]:
    async with sms_service() as service:
        clock = SystemClock()
        settings = HttpSettings(service.url, KEY_ID, SECRET, timeout_s=1.5)
        gateway = HttpSmsGateway(settings, clock, UlidFactory(clock))
        yield HttpWorld(gateway, service)
        await gateway.close()


class TestHttpGateway(SmsGatewaySuite):
    async def test_the_gateway_is_told_what_it_may_want_to_know(self, world: HttpWorld) -> None:
        await world.gateway.submit(sms(CHINESE))

        message = world.service.messages["key-1"]
        assert message["encoding"] == "ucs2"
        assert message["segments"] == 4
        assert (message["template"], message["template_version"]) == ("sms_code", 0)

    @pytest.mark.parametrize("trouble", [503, 429, 500, "drop"])
    async def test_trouble_is_got_over_under_the_same_key(
        self, world: HttpWorld, trouble: int | str
    ) -> None:
        world.service.plan = [trouble, trouble]

        assert await world.gateway.submit(sms()) == Handed(("gw-0",))

        assert await world.received() == [(NUMBER, "hello")]
        assert len(set(world.service.nonces)) == 3

    @pytest.mark.parametrize("trouble", [[503] * 50, ["wait"]], ids=["down", "silent"])
    async def test_a_gateway_that_takes_nothing_is_unavailable(
        self, world: HttpWorld, trouble: list[int | str]
    ) -> None:
        world.service.plan = trouble

        with pytest.raises(OperatorUnavailable):
            await world.gateway.submit(sms())

        world.service.plan = []
        await world.gateway.submit(sms())
        assert await world.received() == [(NUMBER, "hello")]

    @pytest.mark.parametrize("answer", [302, 401, 403, "nonsense"])
    async def test_an_answer_that_is_none_is_unavailable_at_once(
        self, world: HttpWorld, answer: int | str
    ) -> None:
        world.service.plan = [answer]

        with pytest.raises(OperatorUnavailable):
            await world.gateway.submit(sms())

        assert len(world.service.nonces) == 1

    async def test_a_refusal_is_for_good(self, world: HttpWorld) -> None:
        world.service.plan = [422]

        with pytest.raises(InvalidInput) as refused:
            await world.gateway.submit(sms())

        assert refused.value.fields == {"field": "gateway", "reason": "refused"}
        assert len(world.service.nonces) == 1

    async def test_another_secret_reaches_nobody(self, world: HttpWorld) -> None:
        clock = SystemClock()
        settings = HttpSettings(world.service.url, KEY_ID, b"x" * 32, timeout_s=1)
        thief = HttpSmsGateway(settings, clock, UlidFactory(clock))

        with pytest.raises(OperatorUnavailable):
            await thief.submit(sms())

        await thief.close()
        assert world.service.refused == ["signature"]

    async def test_nobody_there_is_unavailable(self, world: HttpWorld) -> None:
        clock = SystemClock()
        settings = HttpSettings("http://127.0.0.1:9/x", KEY_ID, SECRET, timeout_s=0.5)
        lonely = HttpSmsGateway(settings, clock, UlidFactory(clock))

        with pytest.raises(OperatorUnavailable):
            await lonely.submit(sms())

        await lonely.close()


SETTINGS = HttpSettings("https://sms.example.cn/send", KEY_ID, SECRET)


def receipt(
    body: object, *, at: int = NOW, secret: bytes = SECRET, tamper: bytes = b""
) -> DeliveryReceipt | None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {k.lower(): v for k, v in receipt_headers(content, at, secret).items()}
    return read_receipt(SETTINGS, headers, content + tamper, now=NOW)


def test_a_signed_receipt_is_read() -> None:
    assert receipt({"id": "gw-1", "state": "delivered"}) == DeliveryReceipt("gw-1", delivered=True)
    failed = receipt({"id": "gw-1", "state": "failed", "reason": "no <such> user"})
    assert failed == DeliveryReceipt("gw-1", delivered=False, reason="nosuchuser")
    assert receipt({"id": "gw-1", "state": "sent"}) is None


@pytest.mark.parametrize(
    "forgery",
    [{"at": NOW - 301}, {"at": NOW + 301}, {"secret": b"y" * 32}, {"tamper": b" "}],
    ids=["old", "early", "another's", "altered"],
)
def test_a_receipt_that_is_not_the_gateways_is_refused(forgery: dict[str, object]) -> None:
    with pytest.raises(NotSignedIn):
        receipt({"id": "gw-1", "state": "delivered"}, **forgery)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    "body", [b"[", b"[]", {"state": "delivered"}, {"id": "x", "state": "y"}, {"id": 5}], ids=str
)
def test_a_receipt_that_makes_no_sense_is_refused(body: object) -> None:
    with pytest.raises(InvalidInput):
        receipt(body)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 32"):
        HttpSettings("https://sms.example.cn", KEY_ID, b"short")
