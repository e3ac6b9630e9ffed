"""Evidence packs and deletion proofs from the command line."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.contract.db.world import AT, OURS, add_visit, build
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.clock import SystemClock
from vcounter.cli import app
from vcounter.domain.visit import VisitState
from vcounter.evidence_file import deletions
from vcounter.jobs import retention
from vcounter.offline import opened
from vcounter.settings import Settings

RUNNER = CliRunner()


async def gone_visit(settings: Settings) -> tuple[str, str]:
    """A visit that is over, whose one picture retention has deleted; its id and the blob's."""
    async with opened(settings) as db:
        await build(db)
        visit, _ = await add_visit(db, OURS)
        blobs, row = FileBlobStore(settings.data_dir / "blobs"), OURS.image(visit, expires_at=AT)
        _, key = await db.keys.image_key(OURS.scope, visit.id)
        await blobs.put(row.blob_key, b"jpeg", key)
        async with db.write(OURS.scope) as uow:
            await uow.images.add(row)
            visit.state = VisitState.CLOSED
            await uow.visits.save(visit)
        await retention.run_once(db, blobs, db.keys, SystemClock())
    return visit.id, row.blob_key


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("VCOUNTER_DATA_DIR", str(tmp_path / "var"))
    return Settings()


async def test_deletion_is_proved_as_long_as_the_bytes_stay_gone(settings: Settings) -> None:
    visit_id, blob = await gone_visit(settings)

    proofs = await deletions(settings, None)

    assert proofs["ok"] is True
    listed = proofs["deletions"]
    assert isinstance(listed, list)
    [proof] = listed
    assert (proof["visit"], proof["why"], proof["sha256"]) == (visit_id, "expired", "ab" * 32)
    assert (proof["blob_absent"], proof["key"]) == (True, "due")  # the key is an hour young
    later = await deletions(settings, datetime.now(UTC) + timedelta(days=1))
    assert later == {"deletions": [], "ok": True}

    await FileBlobStore(settings.data_dir / "blobs").put(blob, b"back again", bytes(32))

    assert (await deletions(settings, None))["ok"] is False


def test_pack_is_written_once_and_verified(settings: Settings, tmp_path: Path) -> None:
    visit_id, _ = asyncio.run(gone_visit(settings))
    out = tmp_path / "pack.zip"
    command = ["export", "visit", visit_id, "--out", str(out), "--reason", "court", "--json"]

    made = RUNNER.invoke(app, command)

    assert made.exit_code == 0, made.output
    assert json.loads(made.output.splitlines()[-1])["bytes"] == out.stat().st_size
    assert out.stat().st_mode & 0o777 == 0o600
    assert RUNNER.invoke(app, command).exit_code == 1  # nothing is written over
    good = RUNNER.invoke(app, ["export", "verify", str(out), "--json"])
    assert json.loads(good.output.splitlines()[-1]) == {
        "ok": True,
        "signed": True,
        "bad": [],
        "visit": visit_id,
    }
    strange = ["export", "verify", str(out), "--public-key", "00" * 32]
    assert RUNNER.invoke(app, strange).exit_code == 1
