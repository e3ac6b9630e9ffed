"""One visit's evidence as a signed zip file, for a complaint, an auditor or a court.

It holds personal data in clear: who makes one, when and why is audited and stands inside. It holds
no secret and no disclosure, because nothing here carries one; undo links are left out.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from vcounter import __version__
from vcounter.domain.errors import InvalidInput, NotFound
from vcounter.domain.identity import Evidence
from vcounter.domain.ids import MessageId, VisitId
from vcounter.domain.order import Order
from vcounter.domain.visit import Visit
from vcounter.services.identity.identity_view import evidence_view, held_by
from vcounter.services.orders.order_views import public_result
from vcounter.services.ports import (
    AuditEntry,
    AuditLine,
    BlobStore,
    ChatMessage,
    Clock,
    Database,
    IdFactory,
    ImageRow,
    KeyStore,
    ReadingRow,
    Scope,
    UnitOfWork,
)
from vcounter.services.views import iso, message_view, timeline

FORMAT = "vcounter-evidence-pack/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the times that count stand inside


class Signer(Protocol):
    """The key that signs audit heads (Ed25519)."""

    @property
    def id(self) -> str: ...
    @property
    def public_hex(self) -> str: ...
    def sign(self, message: bytes) -> str:
        """The signature in hex."""
        ...


@dataclass(frozen=True, slots=True)
class PackSource:
    """The ports a pack is made from."""

    db: Database
    keys: KeyStore
    blobs: BlobStore
    clock: Clock
    ids: IdFactory
    signer: Signer


@dataclass(frozen=True, slots=True)
class PackRequest:
    """Who wants it and why. `by` is a staff id, or who runs the command."""

    by: str
    via: Literal["http", "cli"]
    reason: str


@dataclass(frozen=True, slots=True)
class _Gathered:
    visit: Visit
    members: dict[str, bytes]
    images: list[ImageRow]


async def evidence_pack(
    source: PackSource, scope: Scope, visit_id: VisitId, request: PackRequest
) -> bytes:
    """The zip file. Audited as `evidence.export`; the reason is kept on the visit's file.

    A picture that is gone, or is not the one judged, is named in `missing` of the manifest.
    Raises NotFound, InvalidInput without a reason.
    """
    if not request.reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    async with source.db.read(scope) as uow:
        gathered = await _gather(uow, visit_id)
    members, missing = dict(gathered.members), list[str]()
    for row in gathered.images:
        jpeg = await _picture(source, scope, row)
        if jpeg is None:
            missing.append(row.id)
        else:
            members[f"images/{row.id}.jpg"] = jpeg
    manifest = _manifest(source, scope, gathered.visit, request, members, missing)
    pack = await asyncio.to_thread(_zip, manifest, _signature(source.signer, manifest), members)
    async with source.db.write(scope) as uow:
        digest = hashlib.sha256(pack).hexdigest()
        detail = {"sha256": digest, "via": request.via, "images": str(len(gathered.images))}
        await uow.audit.write(AuditLine(request.by, "evidence.export", visit_id, "", detail))
        await uow.messages.add(_note(source, gathered.visit, request))
    return pack


async def _gather(uow: UnitOfWork, visit_id: VisitId) -> _Gathered:
    visit = await uow.visits.get(visit_id)
    evidence = await uow.evidence.of_visit(visit_id)
    orders = await uow.orders.of_visit(visit_id)
    images = await uow.images.of_visit(visit_id)
    steps = await uow.steps.of_visit(visit_id)
    recording = await uow.recordings.of_visit(visit_id)
    parties = await uow.parties.of_visit(visit_id)
    objects = [visit_id, *(i.id for i in images), *(o.id for o in orders)]
    lines = await uow.audit.entries([str(o) for o in objects])
    documents: dict[str, object] = {
        "visit.json": _visit(visit, evidence) | {"parties": [p.id for p in parties]},
        "evidence.json": [_evidence(e) for e in evidence],
        "timeline.json": timeline(visit, steps, evidence, orders),
        "orders.json": [_order(o) for o in orders],
        "messages.json": [message_view(m) for m in await uow.messages.of_visit(visit_id)],
        "card.json": [_reading(r) for r in await uow.readings.of_visit(visit_id)],
        "images.json": [_image(i) for i in images],
        "recording.json": {
            "state": recording.state,
            "sha256": dict(recording.sha256),
            "duration_ms": recording.duration_ms,
        }
        if recording
        else None,
        "audit.json": [_entry(line) for line in lines],
    }
    return _Gathered(visit, {name: _json(value) for name, value in documents.items()}, images)


async def _picture(source: PackSource, scope: Scope, row: ImageRow) -> bytes | None:
    _, key = await source.keys.image_key(scope, row.visit_id)
    try:
        jpeg = await source.blobs.get(row.blob_key, key)
    except (NotFound, InvalidInput):
        return None
    return jpeg if hashlib.sha256(jpeg).hexdigest() == row.sha256 else None


def _manifest(
    source: PackSource,
    scope: Scope,
    visit: Visit,
    request: PackRequest,
    members: Mapping[str, bytes],
    missing: list[str],
) -> bytes:
    return _json(
        {
            "format": FORMAT,
            "visit": visit.id,
            "tenant": scope.tenant_id,
            "region": scope.region,
            "simulated": visit.simulated,
            "counter_version": __version__,
            "made_at": iso(source.clock.now()),
            "made_by": request.by,
            "via": request.via,
            "reason": request.reason.strip(),
            "missing": missing,
            "members": {
                name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())
            },
        }
    )


def _signature(signer: Signer, manifest: bytes) -> bytes:
    return _json(
        {
            "algorithm": "Ed25519",
            "key": signer.id,
            "public_key": signer.public_hex,
            "signature": signer.sign(manifest),
        }
    )


def _zip(manifest: bytes, signature: bytes, members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {MANIFEST: manifest, SIGNATURE: signature, **members}.items():
            file.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _note(source: PackSource, visit: Visit, request: PackRequest) -> ChatMessage:
    return ChatMessage(
        id=MessageId(source.ids.new("msg")),
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        sender="file",
        text=f"evidence pack, {request.by}: {request.reason.strip()}"[:500],
        at=source.clock.now(),
    )


def _visit(visit: Visit, evidence: list[Evidence]) -> dict[str, object]:
    held = held_by(evidence, visit.customer_party_id, visit)
    return {
        "id": visit.id,
        "state": visit.state.value,
        "lang": visit.lang,
        "simulated": visit.simulated,
        "msisdn": visit.msisdn,
        "recording_consent": visit.recording_consent.value,
        "face_consent": visit.face_consent.value,
        "agent": visit.agent_id or visit.last_agent_id,
        "customer_party": visit.customer_party_id,
        "entered_at": iso(visit.entered_at),
        "connected_at": iso(visit.connected_at),
        "ended_at": iso(visit.ended_at),
        "disposition": visit.disposition,
        "level": held.level.value,
        "reference": held.reference.value,
        "path": held.path.value,
    }


def _evidence(item: Evidence) -> dict[str, object]:
    return evidence_view(item) | {
        "party": item.party_id,
        "msisdn": item.msisdn,
        "image": item.image_id,
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "action": order.action_id,
        "state": order.state.value,
        "msisdn": order.msisdn,
        "party": order.party_id,
        "maker": order.maker_id,
        "inputs": dict(order.inputs),
        "assurance": order.assurance,
        "reference": order.reference,
        "shown_version": order.bss_version,
        "result": public_result(order.result),
        "reverses": order.reverses_id,
        "approver": order.approver_id,
        "approval": dict(order.approval),
        "signature_image": order.signature_image_id,
        "failure": order.failure,
        "created_at": iso(order.created_at),
        "confirmed_at": iso(order.confirmed_at),
        "submitted_at": iso(order.submitted_at),
        "settled_at": iso(order.settled_at),
    }


def _reading(row: ReadingRow) -> dict[str, object]:
    return {
        "image": row.image_id,
        "side": row.side,
        "state": row.state,
        "document": row.document.value,
        "fields": {
            name: {"text": f.text, "confidence": f.confidence} for name, f in row.fields.items()
        },
        "faults": list(row.faults),
        "warnings": list(row.warnings),
        "engine": row.engine,
        "at": iso(row.at),
    }


def _image(row: ImageRow) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "sha256": row.sha256,
        "width": row.width,
        "height": row.height,
        "at": iso(row.at),
        "expires_at": iso(row.expires_at),
    }


def _entry(entry: AuditEntry) -> dict[str, object]:
    """`seq` and `hash` are the line's place in the audit chain; null until it is sealed."""
    return {
        "seq": entry.seq,
        "hash": entry.hash,
        "at": iso(entry.at),
        "actor": entry.line.actor,
        "verb": entry.line.verb,
        "object": entry.line.object,
        "subject": entry.line.subject,
        "detail": dict(entry.line.detail),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_text).encode()


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return str(iso(value))
    raise TypeError(f"{type(value).__name__} in an evidence pack")
