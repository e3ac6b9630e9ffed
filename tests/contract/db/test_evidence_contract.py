"""Evidence, codes, pictures, recordings and orders, on every database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.contract.db.world import AT, NUMBER, OTHER_TENANT, OTHERS, OURS, Desk, add_visit
from vcounter.adapters.db import SqlDatabase, SqlUnitOfWork
from vcounter.domain.errors import KeyReused, NotFound, WrongState
from vcounter.domain.identity import EvidenceKind, Reference, Source, Zone
from vcounter.domain.ids import EvidenceId, ImageId, Msisdn, VisitId
from vcounter.domain.order import OrderState
from vcounter.services.ports import CodeRow

MAKER = OURS.staff().agent.id


def code(visit_id: VisitId, tries: int = 3) -> CodeRow:
    return CodeRow(visit_id, NUMBER, "code-hash", AT + timedelta(minutes=5), tries)


async def test_evidence_comes_back_as_it_was(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    document = OURS.evidence(visit, party)
    face = replace(
        document,
        id=EvidenceId("evd_2"),
        kind=EvidenceKind.FACE_MATCH,
        reference=Reference.ENROLMENT,
        zone=Zone.REVIEW,
        image_id=ImageId("img_1"),
        by=MAKER,
        at=AT + timedelta(seconds=1),
        source=Source.STREAM,
        image_sha256="ab" * 32,
        detail={"fused": "0.61"},
    )

    async with db.write(OURS.scope) as uow:
        await uow.evidence.add(face)
        await uow.evidence.add(document)

    async with db.read(OURS.scope) as uow:
        assert await uow.evidence.of_visit(visit.id) == [document, face]


async def test_code_is_put_spent_and_deleted(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.codes.put(code(visit.id, tries=9))
        await uow.codes.put(code(visit.id, tries=2))
        assert await uow.codes.get(visit.id, NUMBER) == code(visit.id, tries=2)
        assert await uow.codes.get(visit.id, Msisdn("13900000000")) is None

        left = [await uow.codes.spend_try(visit.id, NUMBER) for _ in range(3)]
        assert left == [1, 0, 0]

        await uow.codes.delete(visit.id, NUMBER)
        await uow.codes.delete(visit.id, NUMBER)
        assert await uow.codes.get(visit.id, NUMBER) is None
        assert await uow.codes.spend_try(visit.id, NUMBER) == 0


async def test_image_is_kept_until_deleted(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    image = OURS.image(visit, expires_at=AT + timedelta(days=1))
    async with db.write(OURS.scope) as uow:
        await uow.images.add(image)

    async with db.read(OURS.scope) as uow:
        assert await uow.images.get(image.id) == image
        assert await uow.images.of_visit(visit.id) == [image]
        assert await uow.images.expired(AT) == []
    async with db.read(None) as uow:
        assert await uow.images.expired(AT + timedelta(days=1)) == [image]
    async with db.write(OURS.scope) as uow:
        await uow.images.delete(image.id)
        with pytest.raises(NotFound):
            await uow.images.get(image.id)
        with pytest.raises(NotFound):
            await uow.images.delete(image.id)


async def test_reading_of_a_card_is_kept_replaced_and_deleted(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    read = OURS.reading(visit)
    pending = replace(read, state="reading", fields={}, faults=(), warnings=(), engine="")
    async with db.write(OURS.scope) as uow:
        await uow.readings.put(pending)
        assert await uow.readings.of_visit(visit.id) == [pending]
        await uow.readings.put(read)

    async with db.read(OURS.scope) as uow:
        assert await uow.readings.of_visit(visit.id) == [read]
        assert await uow.readings.expired(AT) == []
    async with db.read(None) as uow:
        assert await uow.readings.expired(read.expires_at) == [replace(read, fields={})]
    async with db.write(OURS.scope) as uow:
        await uow.readings.delete(read.image_id)
        with pytest.raises(NotFound):
            await uow.readings.delete(read.image_id)


@pytest.mark.parametrize("desk", OTHERS, ids=lambda d: d.tag)
async def test_reading_of_another_visit_is_out_of_reach(db: SqlDatabase, desk: Desk) -> None:
    visit, _ = await add_visit(db, OURS)
    theirs, _ = await add_visit(db, desk)
    read = OURS.reading(visit)
    async with db.write(OURS.scope) as uow:
        await uow.readings.put(read)

    stolen = replace(desk.reading(theirs), image_id=read.image_id)
    async with db.write(desk.scope) as uow:
        assert await uow.readings.of_visit(visit.id) == []
        with pytest.raises(NotFound):
            await uow.readings.put(stolen)
        with pytest.raises(NotFound):
            await uow.readings.delete(read.image_id)

    async with db.read(OURS.scope) as uow:
        assert await uow.readings.of_visit(visit.id) == [read]


async def test_visit_has_one_recording(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    recording = OURS.recording(visit)
    async with db.write(OURS.scope) as uow:
        await uow.recordings.add(recording)
    muxed = replace(
        recording,
        state="muxed",
        files={"customer": "recordings/1/customer"},
        sha256={"customer": "ab"},
        duration_ms=61_000,
    )

    async with db.write(OURS.scope) as uow:
        assert await uow.recordings.in_state("growing") == [recording]
        await uow.recordings.save(muxed)

    async with db.read(OURS.scope) as uow:
        assert await uow.recordings.get(recording.id) == muxed
        assert await uow.recordings.of_visit(visit.id) == muxed
        assert await uow.recordings.of_visit(VisitId("vis_other")) is None
    async with db.read(None) as uow:
        assert await uow.recordings.in_state("muxed") == [muxed]
        assert await uow.recordings.expired(recording.expires_at) == [muxed]
    with pytest.raises(WrongState):
        async with db.write(OURS.scope) as uow:
            await uow.recordings.add(replace(recording, id=type(recording.id)("rec_2")))
    async with db.write(OURS.scope) as uow:
        await uow.recordings.delete(recording.id)
        assert await uow.recordings.of_visit(visit.id) is None


async def test_order_comes_back_as_it_was(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    order = OURS.order(visit, party, MAKER)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(order)
    for state in (
        OrderState.AWAITING_CUSTOMER,
        OrderState.CONFIRMED,
        OrderState.SUBMITTED,
        OrderState.SUCCEEDED,
    ):
        order.to(state, AT)
    order.bss_version, order.assurance, order.reference = 7, "L2", "enrolment"
    order.result = {"until": "2026-12-01"}
    order.failure = None

    async with db.write(OURS.scope) as uow:
        await uow.orders.save(order)

    async with db.read(OURS.scope) as uow:
        assert await uow.orders.get(order.id) == order
        assert await uow.orders.of_visit(visit.id) == [order]
        assert await uow.orders.in_states([OrderState.SUCCEEDED]) == [order]
        assert await uow.orders.in_states([OrderState.SUBMITTED]) == []


async def test_later_life_of_an_order_comes_back_as_it_was(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    order = OURS.order(visit, party, MAKER)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(order)
        assert await uow.orders.get(order.id) == order
    order.approver_id = MAKER
    order.approval = {"decision": "refused", "reason": "他说不是本人", "at": AT.isoformat()}
    order.due_at = order.next_try_at = order.dead_since = order.second_confirmed_at = AT
    order.second_party_id, order.second_visit_id = party.id, visit.id
    order.signature_image_id = ImageId("img_1")
    order.attempts = 3

    async with db.write(OURS.scope) as uow:
        await uow.orders.save(order)

    async with db.read(OURS.scope) as uow:
        assert await uow.orders.get(order.id) == order
        assert await uow.orders.of_second_visit(visit.id) == [order]
        assert await uow.orders.dead(10) == [order]
        assert await uow.orders.dead(10, after=order.id) == []


async def test_order_is_tried_when_its_time_has_come(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    later, now, dead = (OURS.order(visit, party, MAKER, n) for n in "123")
    later.next_try_at, dead.dead_since = AT + timedelta(seconds=1), AT
    async with db.write(OURS.scope) as uow:
        for order in (later, now, dead):
            await uow.orders.add(order)

    async with db.read(None) as uow:
        assert await uow.orders.to_try([OrderState.DRAFT], AT) == [now]
        assert await uow.orders.to_try([OrderState.DRAFT], later.next_try_at) == [later, now]
        assert await uow.orders.to_try([OrderState.UNKNOWN], AT) == []


async def test_scheduled_order_is_due_at_its_time(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    order = replace(OURS.order(visit, party, MAKER), state=OrderState.SCHEDULED, due_at=AT)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(order)

    async with db.read(None) as uow:
        assert await uow.orders.due(AT - timedelta(seconds=1)) == []
        assert await uow.orders.due(AT) == [order]
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.orders.due(AT) == []


async def test_reversals_and_pages_of_orders_are_the_tenants_own(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    first = OURS.order(visit, party, MAKER)
    second = replace(OURS.order(visit, party, MAKER, "2"), reverses_id=first.id)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(first)
        await uow.orders.add(second)

    async with db.read(OURS.scope) as uow:
        assert await uow.orders.reversals_of(first.id) == [second]
        page = await uow.orders.page([OrderState.DRAFT], 1)
        rest = await uow.orders.page([OrderState.DRAFT], 9, after=page[0].id)
        assert sorted(o.id for o in (*page, *rest)) == sorted((first.id, second.id))
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.orders.reversals_of(first.id) == []
        assert await uow.orders.page([OrderState.DRAFT], 9) == []
        assert await uow.orders.of_second_visit(visit.id) == []
        assert await uow.orders.dead(9) == []


async def test_stale_order_is_not_stored(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    order = OURS.order(visit, party, MAKER)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(order)
    stale = replace(order)
    async with db.write(OURS.scope) as uow:
        order.to(OrderState.AWAITING_CUSTOMER, AT)
        await uow.orders.save(order)

    stale.to(OrderState.CANCELLED, AT)
    with pytest.raises(WrongState):
        async with db.write(OURS.scope) as uow:
            await uow.orders.save(stale)


async def test_idempotency_key_belongs_to_one_order(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)
    order = OURS.order(visit, party, MAKER)
    async with db.write(OURS.scope) as uow:
        await uow.orders.add(order)

    again = replace(OURS.order(visit, party, MAKER, "2"), idempotency_key=order.idempotency_key)
    with pytest.raises(KeyReused):
        async with db.write(OURS.scope) as uow:
            await uow.orders.add(again)


async def test_jobs_see_orders_of_all_tenants(db: SqlDatabase) -> None:
    for desk in (OURS, OTHER_TENANT):
        visit, party = await add_visit(db, desk)
        async with db.write(desk.scope) as uow:
            await uow.orders.add(desk.order(visit, party, desk.staff().agent.id))

    async with db.read(None) as uow:
        assert len(await uow.orders.in_states([OrderState.DRAFT])) == 2
        assert len(await uow.orders.in_states([OrderState.DRAFT], limit=1)) == 1


@pytest.mark.parametrize("desk", OTHERS)
async def test_rows_of_others_are_not_there(db: SqlDatabase, desk: Desk) -> None:
    visit, party = await add_visit(db, OURS)
    order, image = OURS.order(visit, party, MAKER), OURS.image(visit)
    recording = OURS.recording(visit)
    async with db.write(OURS.scope) as uow:
        await uow.evidence.add(OURS.evidence(visit, party))
        await uow.codes.put(code(visit.id))
        await uow.images.add(image)
        await uow.recordings.add(recording)
        await uow.orders.add(order)

    async with db.read(desk.scope) as uow:
        assert await uow.evidence.of_visit(visit.id) == []
        assert await uow.codes.get(visit.id, NUMBER) is None
        assert await uow.images.of_visit(visit.id) == []
        assert await uow.images.expired(image.expires_at) == []
        assert await uow.recordings.of_visit(visit.id) is None
        assert await uow.recordings.in_state("growing") == []
        assert await uow.recordings.expired(recording.expires_at) == []
        assert await uow.orders.of_visit(visit.id) == []
        assert await uow.orders.in_states([OrderState.DRAFT]) == []
        for refused in (
            uow.images.get(image.id),
            uow.recordings.get(recording.id),
            uow.orders.get(order.id),
        ):
            with pytest.raises(NotFound):
                await refused


@pytest.mark.parametrize("desk", OTHERS)
@pytest.mark.parametrize(
    "change",
    ["evidence", "code", "image", "image_delete", "recording", "recording_save", "order", "save"],
)
async def test_others_cannot_change_rows_of_ours(db: SqlDatabase, desk: Desk, change: str) -> None:
    visit, party = await add_visit(db, OURS)
    order, image = OURS.order(visit, party, MAKER), OURS.image(visit)
    recording = OURS.recording(visit)
    async with db.write(OURS.scope) as uow:
        await uow.images.add(image)
        await uow.recordings.add(recording)
        await uow.orders.add(order)

    changes: dict[str, Callable[[SqlUnitOfWork], Awaitable[None]]] = {
        "evidence": lambda uow: uow.evidence.add(desk.evidence(visit, party, "2")),
        "code": lambda uow: uow.codes.put(code(visit.id)),
        "image": lambda uow: uow.images.add(desk.image(visit, "2")),
        "image_delete": lambda uow: uow.images.delete(image.id),
        "recording": lambda uow: uow.recordings.add(desk.recording(visit)),
        "recording_save": lambda uow: uow.recordings.save(recording),
        "order": lambda uow: uow.orders.add(desk.order(visit, party, MAKER, "2")),
        "save": lambda uow: uow.orders.save(order),
    }

    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await changes[change](uow)

    async with db.read(OURS.scope) as uow:
        assert await uow.orders.get(order.id) == order
        assert await uow.images.of_visit(visit.id) == [image]
        assert await uow.recordings.get(recording.id) == recording


async def test_others_spend_no_try_of_ours(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.codes.put(code(visit.id))

    async with db.write(OTHER_TENANT.scope) as uow:
        assert await uow.codes.spend_try(visit.id, NUMBER) == 0
        await uow.codes.delete(visit.id, NUMBER)

    async with db.read(OURS.scope) as uow:
        assert await uow.codes.get(visit.id, NUMBER) == code(visit.id)
