"""Evidence packs and deletion proofs from the command line, without a running server."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import AuditChain, SqlDatabase
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.keys import verify_ed25519
from vcounter.adapters.keys.keystore import IMAGES_PREFIX
from vcounter.domain.errors import InvalidInput, NotFound
from vcounter.domain.ids import Region, TenantId, VisitId
from vcounter.jobs.image_keys import SETTLED
from vcounter.offline import opened
from vcounter.services.identity.deletion_proof import IMAGE_DELETED
from vcounter.services.identity.evidence_pack import (
    MANIFEST,
    SIGNATURE,
    PackRequest,
    PackSource,
    evidence_pack,
)
from vcounter.services.ports import Scope
from vcounter.settings import Settings
from vcounter.storage import signing_key


class OutUnusable(Exception):
    """The file cannot be written there; the text says what to do."""


MAX_MEMBER_BYTES = 64 * 1024 * 1024
_GRACE = SETTLED + timedelta(hours=1)  # by then the next retention run has destroyed the key


async def write_pack(
    settings: Settings, visit_id: str, out: Path, reason: str
) -> dict[str, object]:
    """Write one visit's evidence pack to a new file of mode 0600. Raises NotFound,
    InvalidInput, and OutUnusable before anything is audited.
    """
    if await asyncio.to_thread(out.exists):
        raise InvalidInput("the file exists", field="out", reason="exists")
    await asyncio.to_thread(_check_folder, out)
    clock = SystemClock()
    async with opened(settings) as database:
        source = PackSource(
            db=database,
            keys=database.keys,
            blobs=FileBlobStore(settings.data_dir / "blobs"),
            clock=clock,
            ids=UlidFactory(clock),
            signer=await asyncio.to_thread(signing_key, settings),
        )
        scope = await _scope_of(database, VisitId(visit_id))
        request = PackRequest(f"cli:{getpass.getuser()}", "cli", reason)
        pack = await evidence_pack(source, scope, VisitId(visit_id), request)
    await asyncio.to_thread(_write, out, pack)
    return {"visit": visit_id, "file": str(out), "bytes": len(pack), "sha256": _sha256(pack)}


async def _scope_of(database: SqlDatabase, visit_id: VisitId) -> Scope:
    async with database.read(None) as uow:
        scopes = await uow.tenants.scopes()
    for scope in scopes:
        async with database.read(scope) as uow:
            try:
                await uow.visits.get(visit_id)
            except NotFound:
                continue
            return scope
    raise NotFound("no such visit")


def _check_folder(out: Path) -> None:
    folder = out.parent
    if not folder.is_dir():
        raise OutUnusable(f"--out: there is no folder {folder}; make it, or name another")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutUnusable(f"--out: {folder} may not be written to; name another folder")


def _write(out: Path, data: bytes) -> None:
    try:
        out.touch(mode=0o600, exist_ok=False)
        out.write_bytes(data)
    except OSError as error:
        raise OutUnusable(f"--out: {out} cannot be written: {error.strerror}") from error


def verify_pack(path: Path, public_key: str) -> dict[str, object]:
    """Check a pack's members against its manifest and the manifest against the signing key.

    `ok` is True only if the file holds exactly what the manifest names, unchanged, and the
    signature was made by `public_key` (hex): the one inside the pack proves nothing by itself.
    """
    bad: list[str] = []
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _member(file, MANIFEST)
            signature = json.loads(_member(file, SIGNATURE))
            wanted: Mapping[str, str] = json.loads(manifest)["members"]
            names = [n for n in file.namelist() if n not in (MANIFEST, SIGNATURE)]
            bad += sorted(set(names) ^ set(wanted))
            bad += sorted({name for name in names if names.count(name) > 1})
            for name in sorted(set(names) & set(wanted)):
                if _sha256(_member(file, name)) != wanted[name]:
                    bad.append(name)
            signed = verify_ed25519(public_key, manifest, str(signature["signature"]))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        return {"ok": False, "signed": False, "bad": [type(error).__name__], "visit": ""}
    visit = str(json.loads(manifest)["visit"])
    return {"ok": signed and not bad, "signed": signed, "bad": bad, "visit": visit}


def own_public_key(settings: Settings) -> str:
    """The public half of this installation's signing key, in hex."""
    return signing_key(settings).public_hex


def _member(file: zipfile.ZipFile, name: str) -> bytes:
    """Raises ValueError for a member larger than any of ours."""
    if file.getinfo(name).file_size > MAX_MEMBER_BYTES:
        raise ValueError("too large")
    return file.read(name)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def deletions(settings: Settings, since: datetime | None) -> dict[str, object]:
    """The proofs of deleted pictures, oldest first, each checked: its blob must be gone, and the
    key with the visit's last picture (`in_use` while others are left, `due` until the next run of
    retention). `ok` is False if one is not borne out."""
    blobs = FileBlobStore(settings.data_dir / "blobs")
    now = SystemClock().now()
    found: list[dict[str, object]] = []
    async with opened(settings) as database:
        for line in await AuditChain(database).with_verb(IMAGE_DELETED, since):
            detail = json.loads(line.detail)
            scope = Scope(TenantId(line.tenant_id), Region(line.region))
            key = await _key_state(
                database, scope, VisitId(detail["visit"]), now - line.at > _GRACE
            )
            gone = not await blobs.exists(detail["blob"])
            found.append(
                {
                    "at": line.at.isoformat(),
                    "seq": line.seq,
                    "image": line.object,
                    **detail,
                    "blob_absent": gone,
                    "key": key,
                    "ok": gone and key != "present",
                }
            )
    return {"deletions": found, "ok": all(bool(d["ok"]) for d in found)}


async def _key_state(
    database: SqlDatabase, scope: Scope, visit_id: VisitId, should_be_gone: bool
) -> str:
    owner = f"{IMAGES_PREFIX}{visit_id}"
    if not await database.keys.existing_many(scope, [owner]):
        return "absent"
    async with database.read(scope) as uow:
        if await uow.images.of_visit(visit_id):
            return "in_use"
    return "present" if should_be_gone else "due"
