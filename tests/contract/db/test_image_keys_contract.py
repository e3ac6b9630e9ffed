"""Pictures past saving: a key of their own that goes after the last one, blobs that nobody owns."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.db.world import AT, OTHER_TENANT, OURS, add_visit
from tests.fakes.clock import FakeClock
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.db import SqlDatabase
from vcounter.adapters.keys import KeyMissing
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import VisitState
from vcounter.jobs import retention


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobStore:
    return FileBlobStore(tmp_path / "blobs")


async def ended(db: SqlDatabase, name: str = "1") -> VisitId:
    """A visit that is over, with one picture that expires in a day."""
    visit, _ = await add_visit(db, OURS, name)
    row = OURS.image(visit, name, AT + timedelta(days=1))
    async with db.write(OURS.scope) as uow:
        await uow.images.add(row)
        visit.state = VisitState.CLOSED
        await uow.visits.save(visit)
    return visit.id


async def test_pictures_and_rows_have_different_keys(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)

    _, of_pictures = await db.keys.image_key(OURS.scope, visit.id)
    _, again = await db.keys.image_key(OURS.scope, visit.id)
    _, of_rows = await db.keys.data_key(OURS.scope, visit.id)

    assert of_pictures == again
    assert of_pictures != of_rows


async def test_last_picture_takes_its_key_along(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock
) -> None:
    visit_id = await ended(db)
    _, key = await db.keys.image_key(OURS.scope, visit_id)
    await blobs.put(f"images/{visit_id}/1", b"jpeg", key)
    clock.move(hours=2)
    assert (await retention.run_once(db, blobs, db.keys, clock)).image_keys == 0
    clock.move(days=1)

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert (report.images, report.image_keys) == (1, 1)
    with pytest.raises(KeyMissing):
        await db.keys.existing(OURS.scope, f"images:{visit_id}")
    async with db.read(OURS.scope) as uow:
        [(_, line)] = await uow.audit.of_object("img_a43_1")
        verbs = [line.verb for _, line in await uow.audit.of_object(visit_id)]
    assert line.detail["due"] == (AT + timedelta(days=1)).isoformat(timespec="seconds")
    assert line.detail["sha256"] == "ab" * 32
    assert verbs == ["image_key.destroy"]


async def test_visit_that_goes_on_keeps_its_key(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock
) -> None:
    visit, _ = await add_visit(db, OTHER_TENANT)
    await db.keys.image_key(OTHER_TENANT.scope, visit.id)
    clock.move(hours=2)

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert report.image_keys == 0


async def test_blob_without_a_row_is_swept_once_it_is_old(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock, tmp_path: Path
) -> None:
    visit_id = await ended(db)
    for name, hours in (("1", 2), ("lost", 2), ("fresh", 0)):
        await blobs.put(f"images/{visit_id}/{name}", b"jpeg", bytes(32))
        at = (clock.now() - timedelta(hours=hours)).timestamp()
        os.utime(tmp_path / "blobs" / "images" / visit_id / name, (at, at))

    report = await retention.run_once(db, blobs, db.keys, clock)

    assert report.blobs == 1
    left = sorted(name for name, _ in await blobs.names("images"))
    assert left == [f"images/{visit_id}/1", f"images/{visit_id}/fresh"]


async def test_store_that_keeps_what_it_deleted_is_not_believed(
    db: SqlDatabase, blobs: FileBlobStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit_id = await ended(db)
    await blobs.put(f"images/{visit_id}/1", b"jpeg", bytes(32))
    clock.move(days=2)

    async def nothing(key: str) -> None:
        """A store that lies."""

    monkeypatch.setattr(blobs, "delete", nothing)

    with pytest.raises(retention.BlobStays):
        await retention.run_once(db, blobs, db.keys, clock)
    async with db.read(OURS.scope) as uow:
        assert len(await uow.images.of_visit(visit_id)) == 1
