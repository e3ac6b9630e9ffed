"""Retention on every database: what is due goes, with proof; what is not due stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.db.test_visits_contract import ticket
from tests.contract.db.world import AT, NUMBER, OTHER_TENANT, OURS, add_visit
from tests.fakes.clock import FakeClock
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.db import SqlDatabase
from vcounter.domain.errors import NotFound
from vcounter.jobs import retention
from vcounter.services.ports import CodeRow

KEY = bytes(32)
NOTHING = retention.RetentionReport(
    images=0,
    recordings=0,
    image_keys=0,
    blobs=0,
    sms=0,
    codes=0,
    attempts=0,
    readings=0,
    tickets=0,
    sessions=0,
    events=0,
)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobStore:
    return FileBlobStore(tmp_path / "blobs")


async def test_due_pictures_go_with_their_bytes_and_leave_proof(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    kept = {}
    for desk in (OURS, OTHER_TENANT):
        visit, _ = await add_visit(db, desk)
        kept[desk] = desk.image(visit, "keep", AT + timedelta(days=2))
        async with db.write(desk.scope) as uow:
            for image in (kept[desk], desk.image(visit, "a", AT), desk.image(visit, "b", AT)):
                await uow.images.add(image)
                await blobs.put(image.blob_key, b"jpeg", KEY)

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert report.images == 4
    for desk in (OURS, OTHER_TENANT):
        async with db.read(desk.scope) as uow:
            assert await uow.images.of_visit(kept[desk].visit_id) == [kept[desk]]
            proof = await uow.audit.of_object(f"img_{desk.tag}_a")
        assert [line.verb for _, line in proof] == ["image.delete"]
        assert await blobs.get(kept[desk].blob_key, KEY) == b"jpeg"
        with pytest.raises(NotFound):
            await blobs.get(f"images/{kept[desk].visit_id}/a", KEY)


async def test_due_recording_goes_with_its_files(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock, tmp_path: Path
) -> None:
    visit, _ = await add_visit(db, OURS)
    raw, neighbour = tmp_path / "vis.raw", tmp_path / "other.raw"
    for path in (raw, tmp_path / "vis.raw.2", neighbour):
        path.write_bytes(b"x")
    recording = replace(
        OURS.recording(visit, str(raw), expires_at=AT),
        state="muxed",
        files={"customer": "recordings/1/customer"},
    )
    async with db.write(OURS.scope) as uow:
        await uow.recordings.add(recording)
    await blobs.put("recordings/1/customer", b"webm", KEY)

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert report.recordings == 1
    async with db.read(OURS.scope) as uow:
        assert await uow.recordings.of_visit(visit.id) is None
        proof = await uow.audit.of_object(visit.id)
    assert [line.verb for _, line in proof] == ["recording.delete"]
    assert _names(tmp_path, "*.raw*") == ["other.raw"]
    with pytest.raises(NotFound):
        await blobs.get("recordings/1/customer", KEY)


def _names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


async def test_ended_codes_tickets_and_sent_events_go(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.codes.put(CodeRow(visit.id, NUMBER, "hash", AT + timedelta(minutes=5), 3))
        await uow.tickets.add(ticket())
        for number in range(5):
            await uow.outbox.add(visit.id, "message", {"n": number})
    async with db.write(None) as uow:
        rows = await uow.outbox.pending()
        await uow.outbox.sent([row.seq for row in rows[:3]])
    assert await retention.run_once(db, blobs, db.keys, clock) == NOTHING

    clock.move(days=2)

    assert await retention.run_once(db, blobs, db.keys, clock) == replace(
        NOTHING, codes=1, tickets=1, events=3
    )
    async with db.read(None) as uow:
        assert len(await uow.outbox.pending()) == 2


async def test_run_after_a_crash_between_bytes_and_row_finishes(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock
) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.images.add(OURS.image(visit, expires_at=AT))  # its bytes are gone already

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert report.images == 1
    assert report.as_json()["images"] == 1
