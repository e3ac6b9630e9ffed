"""SMS on every database: one row a key, sealed; receipts settle it; an operator's own texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from tests.contract.db.world import AT, NUMBER, OTHER_TENANT, OTHERS, OURS, Desk, add_visit
from tests.fakes.clock import FakeClock
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.db import SqlDatabase
from vcounter.adapters.ids import UlidFactory
from vcounter.domain.errors import (
    CounterError,
    InvalidInput,
    NotFound,
    OperatorUnavailable,
    WrongState,
)
from vcounter.domain.ids import Msisdn, VisitId
from vcounter.domain.sms import SmsState
from vcounter.domain.sms_text import Encoding
from vcounter.jobs import retention
from vcounter.services.ports import DeliveryReceipt, Handed, Sms, SmsRow, SmsTemplateRow
from vcounter.services.sms.recorded import RecordedSms

CODE = "【远程营业厅】验证码 493817,10 分钟内有效。"


def row(desk: Desk, name: str = "1", visit_id: VisitId | None = None) -> SmsRow:
    return SmsRow(
        id=f"sms_{desk.tag}_{name}",
        tenant_id=desk.scope.tenant_id,
        region=desk.scope.region,
        key=f"key-{name}",
        to=NUMBER,
        text="kept words",
        template="receipt.report_loss",
        version=2,
        encoding=Encoding.UCS2,
        length=80,
        segments=2,
        state=SmsState.QUEUED,
        queued_at=AT,
        expires_at=AT + timedelta(days=1),
        visit_id=visit_id,
    )


async def test_a_key_has_one_row(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    mine, repeat = row(OURS, visit_id=visit.id), replace(row(OURS), id="sms_other")
    async with db.write(OURS.scope) as uow:
        assert await uow.sms.add(mine)
        assert not await uow.sms.add(repeat)
        assert await uow.sms.add(row(OURS, "2"))

    async with db.read(OURS.scope) as uow:
        assert await uow.sms.by_key("key-1") == mine
        assert await uow.sms.get("sms_a43_2") == row(OURS, "2")
        assert await uow.sms.of_visit(visit.id) == [mine]
        assert await uow.sms.by_key("key-3") is None


async def test_another_tenants_messages_are_not_there(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.sms.add(row(OURS, visit_id=visit.id))
        await uow.sms.sent("sms_a43_1", ["m1"], AT)

    for desk in OTHERS:
        async with db.read(desk.scope) as uow:
            assert await uow.sms.of_visit(visit.id) == []
            assert await uow.sms.by_key("key-1") is None
            with pytest.raises(NotFound):
                await uow.sms.get("sms_a43_1")
        with pytest.raises(NotFound):
            async with db.write(desk.scope) as uow:
                await uow.sms.add(row(desk, visit_id=visit.id))
        with pytest.raises(NotFound):
            async with db.write(desk.scope) as uow:
                await uow.sms.add(row(OURS, "9"))
        with pytest.raises(NotFound):
            async with db.write(desk.scope) as uow:
                await uow.sms.settle("sms_a43_1", SmsState.FAILED, "x", AT)
        async with db.write(desk.scope) as uow:
            assert await uow.sms.receipted("sms_a43_1", DeliveryReceipt("m1", True)) == []


async def test_due_messages_go_with_their_parts(
    db: SqlDatabase, clock: FakeClock, tmp_path: Path
) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.sms.add(row(OURS))
        await uow.sms.sent("sms_a43_1", ["m1", "m2"], AT)
        await uow.sms.add(replace(row(OURS, "2"), expires_at=AT + timedelta(days=9)))
    clock.move(days=2)

    report = await retention.run_once(db, FileBlobStore(tmp_path / "blobs"), db.keys, clock)

    assert report.sms == 1
    async with db.read(None) as uow:
        assert await uow.sms.whose_part("m1") is None
    async with db.read(OURS.scope) as uow:
        assert await uow.sms.by_key("key-2") is not None


def own(desk: Desk, version: int) -> SmsTemplateRow:
    texts = {"zh-CN": f"第{version}版 {{code}}", "en": f"Version {version} {{code}}"}
    scope = desk.scope
    return SmsTemplateRow(
        scope.tenant_id,
        scope.region,
        "sms_code",
        version,
        texts,
        "stf_1",
        AT,  # type: ignore[arg-type]  # its languages
    )


async def test_the_newest_text_of_ones_own_tenant_is_in_force(db: SqlDatabase) -> None:
    for desk, version in ((OURS, 1), (OURS, 2), (OTHER_TENANT, 1)):
        async with db.write(desk.scope) as uow:
            await uow.sms_templates.add(own(desk, version))

    async with db.read(OURS.scope) as uow:
        assert await uow.sms_templates.newest("sms_code") == own(OURS, 2)
        assert await uow.sms_templates.versions("sms_code") == [own(OURS, 2), own(OURS, 1)]
        assert await uow.sms_templates.all_newest() == [own(OURS, 2)]
        assert await uow.sms_templates.newest("contact_code") is None
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.sms_templates.all_newest() == [own(OTHER_TENANT, 1)]
    with pytest.raises(WrongState):
        async with db.write(OURS.scope) as uow:
            await uow.sms_templates.add(own(OURS, 2))
    with pytest.raises(NotFound):
        async with db.write(OURS.scope) as uow:
            await uow.sms_templates.add(own(OTHER_TENANT, 2))


# --- the record around a gateway


@dataclass
class FakeGateway:
    parts: int = 1
    trouble: CounterError | None = None
    delivers: bool = False
    sent: list[Sms] = field(default_factory=list)

    async def submit(self, sms: Sms) -> Handed:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(sms)
        names = tuple(f"{sms.idempotency_key}/{n}" for n in range(self.parts))
        return Handed(() if self.delivers else names, delivered=self.delivers)

    async def close(self) -> None:
        return None


def recorded(
    db: SqlDatabase,
    clock: FakeClock,
    gateway: FakeGateway,
    tally: Callable[[str, str], None] = lambda template, outcome: None,
) -> RecordedSms:
    keep = timedelta(days=180)
    ids = UlidFactory(clock)
    return RecordedSms(gateway, db, clock, ids, home=OURS.scope, keep=keep, tally=tally)


def sms(key: str = "k1", **more: object) -> Sms:
    whole = Sms(NUMBER, CODE, "sms_code", key)
    return replace(whole, **more)  # type: ignore[arg-type]  # by name


async def _state(db: SqlDatabase, key: str = "k1") -> tuple[str, str]:
    async with db.read(OURS.scope) as uow:
        found = await uow.sms.by_key(key)
    assert found is not None
    return found.state.value, found.reason


async def test_a_code_is_recorded_without_its_digits(db: SqlDatabase, clock: FakeClock) -> None:
    visit, _ = await add_visit(db, OURS)
    gateway = FakeGateway()

    await recorded(db, clock, gateway).send(sms(visit_id=visit.id, scope=OURS.scope, version=3))

    assert gateway.sent[0].text == CODE
    async with db.read(OURS.scope) as uow:
        (kept,) = await uow.sms.of_visit(visit.id)
    assert "493817" not in kept.text
    assert kept.text.startswith("【远程营业厅】验证码 ")
    assert (kept.to, kept.version, kept.encoding, kept.segments) == (NUMBER, 3, "ucs2", 1)
    async with db.write_transaction(None) as transaction:
        raw = (await transaction.connection.execute(sql("SELECT * FROM sms_messages"))).all()
    assert NUMBER.encode() not in repr(raw).encode()
    assert "验证码" not in repr(raw)


async def test_a_repeated_key_sends_nothing_from_any_process(
    db: SqlDatabase, clock: FakeClock
) -> None:
    first, second = FakeGateway(), FakeGateway()
    await recorded(db, clock, first).send(sms())

    await recorded(db, clock, second).send(sms())

    assert (len(first.sent), second.sent) == (1, [])


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (OperatorUnavailable("silent"), "operator_unavailable"),
        (InvalidInput("no", field="gateway", reason="refused"), "refused"),
    ],
)
async def test_what_the_gateway_did_not_take_failed_and_may_be_tried_again(
    db: SqlDatabase, clock: FakeClock, trouble: CounterError, reason: str
) -> None:
    gateway = FakeGateway(trouble=trouble)
    sender = recorded(db, clock, gateway)
    with pytest.raises(type(trouble)):
        await sender.send(sms())
    assert await _state(db) == ("failed", reason)

    gateway.trouble = None
    await sender.send(sms())

    assert await _state(db) == ("sent", "")


async def test_what_cannot_be_sent_leaves_no_row(db: SqlDatabase, clock: FakeClock) -> None:
    with pytest.raises(InvalidInput):
        await recorded(db, clock, FakeGateway()).send(sms(to=Msisdn("")))

    async with db.read(OURS.scope) as uow:
        assert await uow.sms.by_key("k1") is None


async def test_a_message_is_delivered_once_all_its_parts_are(
    db: SqlDatabase, clock: FakeClock
) -> None:
    counted = list[tuple[str, str]]()
    gateway = FakeGateway(parts=2)
    sender = recorded(db, clock, gateway, lambda *what: counted.append(what))
    await sender.send(sms())
    assert await sender.take_receipt(DeliveryReceipt("k1/1", delivered=True))
    assert await _state(db) == ("sent", "")

    assert await sender.take_receipt(DeliveryReceipt("k1/0", delivered=True))

    assert await _state(db) == ("delivered", "")
    await sender.take_receipt(DeliveryReceipt("k1/0", delivered=False, reason="late"))
    assert await _state(db) == ("delivered", "")
    assert counted == [("sms_code", "delivered")]


async def test_receipts_that_race_settle_the_message_once(
    db: SqlDatabase, clock: FakeClock
) -> None:
    counted = list[tuple[str, str]]()
    sender = recorded(db, clock, FakeGateway(parts=6), lambda *what: counted.append(what))
    await sender.send(sms())

    receipts = [DeliveryReceipt(f"k1/{n}", delivered=True) for n in range(6)] * 2
    await asyncio.gather(*(sender.take_receipt(receipt) for receipt in receipts))

    assert await _state(db) == ("delivered", "")
    assert counted == [("sms_code", "delivered")]


async def test_one_part_that_failed_is_a_message_that_failed_and_is_not_sent_again(
    db: SqlDatabase, clock: FakeClock
) -> None:
    gateway = FakeGateway(parts=2)
    sender = recorded(db, clock, gateway)
    await sender.send(sms())

    await sender.take_receipt(DeliveryReceipt("k1/1", delivered=False, reason="UNDELIV-027"))
    await sender.send(sms())

    assert await _state(db) == ("failed", "UNDELIV-027")
    assert len(gateway.sent) == 1


async def test_a_receipt_may_come_before_the_answer(db: SqlDatabase, clock: FakeClock) -> None:
    sender = recorded(db, clock, FakeGateway())
    assert not await sender.take_receipt(DeliveryReceipt("k1/0", delivered=True))

    await sender.send(sms())

    assert await _state(db) == ("delivered", "")


async def test_the_visits_agent_is_told_without_text_or_number(
    db: SqlDatabase, clock: FakeClock
) -> None:
    visit, _ = await add_visit(db, OURS)
    await recorded(db, clock, FakeGateway(delivers=True)).send(sms(visit_id=visit.id))

    async with db.read(None) as uow:
        events = [event for event in await uow.outbox.pending() if event.kind == "sms"]
    assert [(e.room, e.audience, e.body["state"]) for e in events] == [
        (visit.id, ("agent",), "queued"),
        (visit.id, ("agent",), "delivered"),
    ]
    assert events[0].body["to_masked"] == "138****6021"
    assert "493817" not in str([e.body for e in events])
    assert "验证码" not in str([e.body for e in events])
