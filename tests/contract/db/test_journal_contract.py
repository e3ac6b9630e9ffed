"""Audit lines, the outbox and the rules of transactions, on every database."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from tests.contract.db.world import AT, OTHER_TENANT, OURS, add_visit
from tests.fakes.clock import FakeClock
from vcounter.adapters.db import NestedWrite, ReadOnlyTransaction, ScopeRequired, SqlDatabase
from vcounter.adapters.db.migrate import head_revision
from vcounter.domain.errors import NotFound
from vcounter.services.ports import AuditLine


async def test_audit_lines_of_an_object_come_in_order(db: SqlDatabase, clock: FakeClock) -> None:
    first = AuditLine("stf_1", "visit.open", "vis_1", "subj", {"how": "link"})
    second = AuditLine("stf_1", "visit.end", "vis_1")
    async with db.write(OURS.scope) as uow:
        await uow.audit.write(first)
        clock.move(seconds=3)
        await uow.audit.write(second)
        await uow.audit.write(AuditLine("stf_1", "visit.open", "vis_2"))

    async with db.read(OURS.scope) as uow:
        assert await uow.audit.of_object("vis_1") == [(AT, first), (clock.now(), second)]
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.audit.of_object("vis_1") == []


async def test_system_may_write_a_line_without_a_scope(db: SqlDatabase) -> None:
    async with db.write(None) as uow:
        await uow.audit.write(AuditLine("system", "staff.login_refused", ""))

    async with db.read(OURS.scope) as uow:
        assert await uow.audit.of_object("") == []


async def test_events_are_pending_until_sent(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.outbox.add(visit.id, "message", {"text": "您好"}, ["agent"])
        await uow.outbox.add("desk:stf_1", "me", {"n": 1})
    async with db.write(OTHER_TENANT.scope) as uow:
        await uow.outbox.add("desk:stf_2", "me", {"n": 2})

    async with db.read(None) as uow:
        rows = await uow.outbox.pending()
        assert [row.seq for row in await uow.outbox.pending(limit=2)] == [r.seq for r in rows[:2]]
    told = [(row.tenant_id, row.room, row.kind, row.audience, row.body) for row in rows]
    assert told == [
        ("ten_a", visit.id, "message", ("agent",), {"text": "您好"}),
        ("ten_a", "desk:stf_1", "me", (), {"n": 1}),
        ("ten_b", "desk:stf_2", "me", (), {"n": 2}),
    ]

    async with db.write(None) as uow:
        await uow.outbox.sent([rows[0].seq, rows[1].seq])
        await uow.outbox.sent([])
    async with db.read(None) as uow:
        assert await uow.outbox.pending() == rows[2:]


async def test_event_needs_a_scope(db: SqlDatabase) -> None:
    with pytest.raises(ScopeRequired):
        async with db.write(None) as uow:
            await uow.outbox.add("desk:stf_1", "me", {})


async def test_rolled_back_transaction_leaves_nothing(db: SqlDatabase) -> None:
    visit = OURS.visit()

    async def fail_late() -> None:
        async with db.write(OURS.scope) as uow:
            await uow.visits.add(visit)
            await uow.audit.write(AuditLine("x", "visit.open", visit.id))
            await uow.outbox.add(visit.id, "visit", {})
            raise NotFound

    with pytest.raises(NotFound):
        await fail_late()

    async with db.read(OURS.scope) as uow:
        assert await uow.audit.of_object(visit.id) == []
        assert await uow.outbox.pending() == []
        with pytest.raises(NotFound):
            await uow.visits.get(visit.id)


async def test_key_of_a_rolled_back_visit_is_not_used_again(db: SqlDatabase) -> None:
    """A cached key whose row is gone would seal values that nobody can open after a restart."""
    visit, made = OURS.visit(), list[object]()

    async def fail_late() -> None:
        async with db.write(OURS.scope) as uow:
            await uow.visits.add(visit)
            made.append(await db.keys.data_key(OURS.scope, visit.id))
            raise NotFound

    with pytest.raises(NotFound):
        await fail_late()

    await add_visit(db, OURS)

    assert await db.keys.data_key(OURS.scope, visit.id) not in made
    assert await db.keys.existing_many(OURS.scope, [visit.id])


async def test_listeners_hear_of_commits_with_events_only(db: SqlDatabase) -> None:
    heard: list[int] = []
    db.on_events(lambda: heard.append(1))

    async with db.write(OURS.scope) as uow:
        await uow.audit.write(AuditLine("x", "y", "z"))
    assert heard == []
    async with db.write(OURS.scope) as uow:
        await uow.outbox.add("desk:stf_1", "me", {})
    assert heard == [1]


async def test_reader_cannot_write(db: SqlDatabase) -> None:
    with pytest.raises(ReadOnlyTransaction):
        async with db.read(OURS.scope) as uow:
            await uow.visits.add(OURS.visit())
    with pytest.raises(ReadOnlyTransaction):
        async with db.read(OURS.scope) as uow:
            await uow.outbox.add("desk:stf_1", "me", {})


async def test_database_itself_refuses_a_readers_write(db: SqlDatabase) -> None:
    async with db.read_transaction(None) as transaction:
        with pytest.raises(DBAPIError):
            await transaction.connection.exec_driver_sql("DELETE FROM audit_lines")


async def test_reader_sees_one_snapshot(db: SqlDatabase) -> None:
    async with db.read(OURS.scope) as reader:
        assert await reader.visits.waiting() == []
        await asyncio.create_task(_add(db))
        assert await reader.visits.waiting() == []

    async with db.read(OURS.scope) as reader:
        assert len(await reader.visits.waiting()) == 1


async def _add(db: SqlDatabase) -> None:
    await add_visit(db, OURS)


async def test_second_write_of_a_task_is_refused_instead_of_waiting_for_itself(
    db: SqlDatabase,
) -> None:
    async with db.write(OURS.scope):
        with pytest.raises(NestedWrite):
            async with db.write(OURS.scope):
                pass


async def test_read_inside_a_write_is_allowed(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as writer:
        await writer.visits.add(OURS.visit())
        async with db.read(OURS.scope) as reader:
            assert await reader.visits.waiting() == []
        assert len(await writer.visits.waiting()) == 1


async def test_cancelled_writer_leaves_the_turn_to_the_next(db: SqlDatabase) -> None:
    started = asyncio.Event()

    async def hang() -> None:
        async with db.write(OURS.scope) as uow:
            await uow.visits.add(OURS.visit())
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    visit, _ = await add_visit(db, OURS)
    async with db.read(OURS.scope) as uow:
        assert (await uow.visits.get(visit.id)).version == 0


async def test_database_answers_and_knows_its_revision(db: SqlDatabase) -> None:
    await db.ping()

    assert await db.revision() == head_revision()
