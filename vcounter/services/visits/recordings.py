"""Recordings: begun when both consented and connected, closed, made playable, kept encrypted."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from vcounter.domain.errors import MediaUnavailable, NotFound
from vcounter.domain.ids import RecordingId, VisitId
from vcounter.domain.visit import OPEN_STATES, RecordingConsent, Visit, VisitState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.evidence import scope_of
from vcounter.services.ports import AuditLine, RecordingRow, Scope


async def ensure_recording(deps: Deps, scope: Scope, visit_id: VisitId) -> bool:
    """Record a served visit whose customer consented; False when there is nothing to record.

    Safe to repeat: after a worker's crash or a restart it begins the next segment of the same
    recording. Raises MediaUnavailable.
    """
    async with deps.db.read(scope) as uow:
        visit = await uow.visits.get(visit_id)
        row = await uow.recordings.of_visit(visit_id)
    if visit.state is not VisitState.SERVING:
        return False
    if visit.recording_consent is not RecordingConsent.GIVEN:
        return False
    if row is None:
        row = await _begin(deps, visit)
    _, key = await deps.keys.data_key(scope, visit_id)
    await deps.media.start_recording(visit_id, row.raw_path, key)
    return True


async def _begin(deps: Deps, visit: Visit) -> RecordingRow:
    now = deps.clock.now()
    row = RecordingRow(
        id=RecordingId(deps.ids.new("rec")),
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        state="growing",
        raw_path=str(Path(deps.policy.recordings_dir) / f"{visit.id}.raw"),
        started_at=now,
        expires_at=now + timedelta(days=deps.policy.recording_retention_days),
    )
    async with deps.db.write(scope_of(visit)) as uow:
        existing = await uow.recordings.of_visit(visit.id)
        if existing is not None:
            return existing
        await uow.recordings.add(row)
        await uow.audit.write(AuditLine("system", "recording.start", visit.id))
    return row


async def finish_recording(deps: Deps, row: RecordingRow) -> RecordingRow:
    """Mux a closed recording into one playable file per party, hash them, drop the raw file.

    Safe to repeat after a crash at any point: the raw file goes only after the row says `muxed`.
    """
    scope = Scope(row.tenant_id, row.region)
    _, key = await deps.keys.data_key(scope, row.visit_id)
    try:
        muxed = await deps.media.mux(row.raw_path, key)
    except MediaUnavailable:
        await _save(deps, scope, replace(row, state="failed"), "recording.fail")
        raise
    keys, hashes = {}, {}
    for party, data in muxed.files.items():
        keys[party] = f"recordings/{row.visit_id}/{party}"
        hashes[party] = hashlib.sha256(data).hexdigest()
        await deps.blobs.put(keys[party], data, key)
    done = replace(row, state="muxed", files=keys, sha256=hashes, duration_ms=muxed.duration_ms)
    await _save(deps, scope, done, "recording.close")
    await asyncio.to_thread(_remove_raw, row.raw_path)
    return done


async def _save(deps: Deps, scope: Scope, row: RecordingRow, verb: str) -> None:
    async with deps.db.write(scope) as uow:
        await uow.recordings.save(row)
        await uow.audit.write(AuditLine("system", verb, row.visit_id, "", dict(row.sha256)))


def _remove_raw(raw_path: str) -> None:
    base = Path(raw_path)
    for path in base.parent.glob(base.name + "*"):
        path.unlink(missing_ok=True)


async def close_recording(deps: Deps, scope: Scope, visit_id: VisitId) -> None:
    """Make an ended visit's recording playable; nothing to do when nothing was recorded."""
    async with deps.db.read(scope) as uow:
        row = await uow.recordings.of_visit(visit_id)
    if row is not None and row.state in ("growing", "closed"):
        await finish_recording(deps, row)


async def unfinished(deps: Deps) -> list[RecordingRow]:
    """Recordings whose call is over but which are not playable yet, of all tenants."""
    async with deps.db.read(None) as uow:
        rows = await uow.recordings.in_state("growing") + await uow.recordings.in_state("closed")
    over = []
    for row in rows:
        async with deps.db.read(Scope(row.tenant_id, row.region)) as uow:
            visit = await uow.visits.get(row.visit_id)
        if visit.state not in OPEN_STATES:
            over.append(row)
    return over


async def recording_view(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> dict[str, object]:
    """State and files of a visit's recording. Raises NotFound when there is none."""
    async with deps.db.read(caller.scope) as uow:
        row = await uow.recordings.of_visit(visit_id)
    if row is None:
        raise NotFound("no recording")
    return {"state": row.state, "duration_ms": row.duration_ms, "files": sorted(row.files)}


async def read_recording(deps: Deps, caller: StaffCaller, visit_id: VisitId, party: str) -> bytes:
    """One party's file, decrypted, with an audit line. Raises NotFound."""
    async with deps.db.write(caller.scope) as uow:
        row = await uow.recordings.of_visit(visit_id)
        if row is None or party not in row.files:
            raise NotFound("no such file")
        await uow.audit.write(AuditLine(caller.id, "recording.view", visit_id, "", {"of": party}))
    _, key = await deps.keys.data_key(caller.scope, visit_id)
    return await deps.blobs.get(row.files[party], key)


async def recording_light(deps: Deps, visit: Visit) -> dict[str, object]:
    """What the agent's recorder light shows: off, growing, sealed or stalled."""
    if visit.recording_consent is not RecordingConsent.GIVEN:
        return {"state": "off", "bytes": 0}
    try:
        status = await deps.media.recording(visit.id)
    except MediaUnavailable:
        return {"state": "stalled", "bytes": 0}
    state = "sealed" if status.sealed else "growing" if status.growing else "stalled"
    return {"state": state, "bytes": status.bytes_written}
