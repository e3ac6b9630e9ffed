"""What every SMS gateway must do. Subclasses give `world`: a gateway and what lies behind it."""

from __future__ import annotations

import asyncio
from typing import Protocol

import pytest

from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Sms, SmsGateway

NUMBER = Msisdn("13800006021")
CHINESE = "【远程营业厅】您好, 尾号6021的号码已办理停机保号, 明天起生效。" * 6
TEXTS = {
    "plain": "Your code is 123456.",
    "extended": "[Video counter] {braces} ~ cost: 5 € | a^b \\",
    "chinese": "【远程营业厅】验证码 123456,10 分钟内有效。",
    "long chinese": CHINESE,
    "long plain": "All of it arrives, in its order. " * 12,
    "emoji": "谢谢您😀" + "👍🏽" * 30,
    "lines": "first\nsecond\r\nthird",
    "edge of a segment": "a" * 152 + "€" + "b" * 160,
}


def sms(text: str = "hello", key: str = "key-1", to: str = NUMBER) -> Sms:
    return Sms(Msisdn(to), text, "sms_code", key)


class GatewayWorld(Protocol):
    """A gateway, and the phone at its far end."""

    gateway: SmsGateway

    async def received(self) -> list[tuple[str, str]]:
        """(number, text) of each whole message that arrived, oldest first."""
        ...


class SmsGatewaySuite:
    @pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
    async def test_a_text_arrives_as_it_was(self, world: GatewayWorld, text: str) -> None:
        await world.gateway.submit(sms(text))

        assert await world.received() == [(NUMBER, text)]

    async def test_a_repeated_key_sends_nothing(self, world: GatewayWorld) -> None:
        first = await world.gateway.submit(sms(CHINESE))
        again = await world.gateway.submit(sms(CHINESE))

        assert again == first
        assert await world.received() == [(NUMBER, CHINESE)]

    async def test_a_key_sent_twice_at_once_sends_one(self, world: GatewayWorld) -> None:
        handed = await asyncio.gather(*(world.gateway.submit(sms(CHINESE)) for _ in range(5)))

        assert len({h.provider_ids for h in handed}) == 1
        assert await world.received() == [(NUMBER, CHINESE)]

    async def test_messages_are_told_apart_by_their_keys(self, world: GatewayWorld) -> None:
        await asyncio.gather(*(world.gateway.submit(sms(CHINESE, f"k{n}")) for n in range(3)))

        assert await world.received() == [(NUMBER, CHINESE)] * 3

    async def test_a_message_is_reported_on_by_its_names_or_is_there(
        self, world: GatewayWorld
    ) -> None:
        handed = await world.gateway.submit(sms())

        assert handed.delivered != bool(handed.provider_ids)

    @pytest.mark.parametrize(("to", "text"), [("", "x"), ("nobody", "x"), (NUMBER, ""), ("1", "x")])
    async def test_what_nobody_could_deliver_is_refused(
        self, world: GatewayWorld, to: str, text: str
    ) -> None:
        with pytest.raises(InvalidInput):
            await world.gateway.submit(sms(text, to=to))

        assert await world.received() == []

    async def test_closing_can_be_repeated(self, world: GatewayWorld) -> None:
        await world.gateway.close()
        await world.gateway.close()
