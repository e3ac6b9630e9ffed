"""Attempts on every database: counted for a number over its visits, one guess at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.db.world import AT, OTHERS, OURS, Desk, add_visit
from tests.fakes.clock import FakeClock
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.attempts import Attempt, AttemptKind, AttemptOutcome
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import VisitId
from vcounter.jobs import retention

WHO = "ab" * 32


def attempt(
    desk: Desk, name: str, visit_id: VisitId, *, after_s: int = 0, kind: str = "code"
) -> Attempt:
    at = AT + timedelta(seconds=after_s)
    return Attempt(
        id=f"atm_{desk.tag}_{name}",
        kind=AttemptKind(kind),
        subject=WHO,
        visit_id=visit_id,
        at=at,
        outcome=AttemptOutcome.OPEN,
        expires_at=at + timedelta(days=1),
    )


async def test_attempts_of_all_visits_of_a_number_come_oldest_first(db: SqlDatabase) -> None:
    first, _ = await add_visit(db, OURS, "1")
    second, _ = await add_visit(db, OURS, "2")
    rows = [
        attempt(OURS, "b", second.id, after_s=60),
        attempt(OURS, "a", first.id, after_s=5),
        attempt(OURS, "old", first.id),
        attempt(OURS, "else", first.id, after_s=6, kind="facts"),
    ]
    async with db.write(OURS.scope) as uow:
        for row in rows:
            await uow.attempts.add(row)
        await uow.attempts.settle("atm_a43_b", AttemptOutcome.WRONG)

    async with db.read(OURS.scope) as uow:
        found = await uow.attempts.since(AttemptKind.CODE, WHO, AT + timedelta(seconds=1))
        count = await uow.attempts.count(AttemptKind.CODE, WHO)

    assert [(a.id, a.outcome.value) for a in found] == [
        ("atm_a43_a", "open"),
        ("atm_a43_b", "wrong"),
    ]
    assert found[0] == rows[1]
    assert count == 3


async def test_attempts_of_another_tenant_are_not_there(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.attempts.add(attempt(OURS, "a", visit.id))

    for desk in OTHERS:
        async with db.read(desk.scope) as uow:
            assert await uow.attempts.since(AttemptKind.CODE, WHO, AT) == []
        with pytest.raises(NotFound):
            async with db.write(desk.scope) as uow:
                await uow.attempts.settle("atm_a43_a", AttemptOutcome.VOID)
        with pytest.raises(NotFound):
            async with db.write(desk.scope) as uow:
                await uow.attempts.add(attempt(desk, "x", visit.id))


async def test_guesses_that_race_count_one_after_another(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)

    async def guess(name: int) -> bool:
        async with db.write(OURS.scope) as uow:
            await uow.hold(f"attempts/{WHO}")
            if len(await uow.attempts.since(AttemptKind.CODE, WHO, AT)) >= 3:
                return False
            await uow.attempts.add(attempt(OURS, str(name), visit.id))
        return True

    taken = await asyncio.gather(*(guess(n) for n in range(12)))

    assert sum(taken) == 3


async def test_expired_attempts_and_readings_are_purged(
    db: SqlDatabase, clock: FakeClock, tmp_path: Path
) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.attempts.add(attempt(OURS, "a", visit.id))
        await uow.attempts.add(attempt(OURS, "b", visit.id, after_s=3600))
        await uow.readings.put(OURS.reading(visit, expires_at=AT + timedelta(hours=1)))
    clock.move(days=1)

    report = await retention.run_once(db, FileBlobStore(tmp_path / "blobs"), db.keys, clock)

    assert (report.attempts, report.readings) == (1, 1)
    async with db.read(OURS.scope) as uow:
        assert await uow.attempts.count(AttemptKind.CODE, WHO) == 1
