"""Keeping evidence and pictures: encrypted, expiring, and shown to the agent at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from vcounter.domain.errors import InvalidInput, PreconditionFailed
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Source, Zone
from vcounter.domain.ids import EvidenceId, ImageId, StaffId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity.attempts import marks
from vcounter.services.identity.identity_view import Gathered, identity_view
from vcounter.services.orders.order_guard import is_suspected
from vcounter.services.ports import AuditLine, ImageRow, Scope, UnitOfWork

ImageKind = Literal[
    "card_front",
    "card_back",
    "card_portrait",
    "live_face",
    "face_still",
    "snapshot",
    "signature",
    "photo",
]


def scope_of(visit: Visit) -> Scope:
    return Scope(visit.tenant_id, visit.region)


async def add_evidence(
    uow: UnitOfWork,
    deps: Deps,
    visit: Visit,
    kind: EvidenceKind,
    outcome: Outcome,
    *,
    source: Source,
    reference: Reference = Reference.NONE,
    zone: Zone | None = None,
    image_id: ImageId | None = None,
    by: StaffId | None = None,
    detail: Mapping[str, str] | None = None,
) -> Evidence:
    """Add one fact about the customer and the visit's number, in the caller's transaction.

    A picture must have its row already: the hash of what was judged is kept with the fact.
    Raises PreconditionFailed (`number_missing`) while it is not known whose number it is about.
    """
    if visit.msisdn is None or visit.customer_party_id is None:
        raise PreconditionFailed("no number yet", reason="number_missing")
    item = Evidence(
        id=EvidenceId(deps.ids.new("evd")),
        visit_id=visit.id,
        party_id=visit.customer_party_id,
        msisdn=visit.msisdn,
        kind=kind,
        outcome=outcome,
        at=deps.clock.now(),
        reference=reference,
        zone=zone,
        image_id=image_id,
        by=by,
        source=source,
        image_sha256=(await uow.images.get(image_id)).sha256 if image_id else "",
        detail=dict(detail or {}),
    )
    await uow.evidence.add(item)
    facts = {"kind": kind.value, "outcome": outcome.value, "reference": reference.value}
    await uow.audit.write(AuditLine(by or "system", "evidence.add", visit.id, "", facts))
    return item


async def publish_identity(uow: UnitOfWork, deps: Deps, visit: Visit) -> dict[str, object]:
    """Compute the identity panel anew and send it to the agent."""
    view = await read_identity(uow, deps, visit)
    await uow.outbox.add(visit.id, "identity", view, ("agent",))
    return view


async def read_identity(uow: UnitOfWork, deps: Deps, visit: Visit) -> dict[str, object]:
    """The identity panel of a visit, as the agent may see it."""
    evidence = await uow.evidence.of_visit(visit.id)
    return identity_view(
        Gathered(
            visit=visit,
            evidence=evidence,
            images=await uow.images.of_visit(visit.id),
            readings=await uow.readings.of_visit(visit.id),
            comparing=deps.comparing.is_running(visit.id),
            watched=deps.watched.get(visit.id),
            fraud_on=await is_suspected(uow, visit.id),
            fraud_before=any(m.visit_id != visit.id for m in await marks(uow, deps, visit)),
        )
    )


async def store_picture(
    deps: Deps,
    visit: Visit,
    kind: ImageKind,
    jpeg: bytes,
    *,
    size: tuple[int, int] = (0, 0),
    at: datetime | None = None,
) -> ImageRow:
    """Encrypt and store a picture and return its row, which the caller adds in the transaction that
    makes it evidence: a picture whose step ended meanwhile is then nobody's. A blob may be left
    behind, which retention sweeps; never a row without its picture. Pictures have a key of their
    own, apart from the visit's rows.
    """
    now = at or deps.clock.now()
    image_id = ImageId(deps.ids.new("img"))
    _, key = await deps.keys.image_key(scope_of(visit), visit.id)
    row = ImageRow(
        id=image_id,
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        kind=kind,
        blob_key=f"images/{visit.id}/{image_id}",
        sha256=hashlib.sha256(jpeg).hexdigest(),
        width=size[0],
        height=size[1],
        at=now,
        expires_at=now + timedelta(days=deps.policy.image_retention_days),
    )
    await deps.blobs.put(row.blob_key, jpeg, key)
    return row


async def read_image(deps: Deps, visit: Visit, row: ImageRow) -> bytes:
    """Decrypt a stored picture and hold it against the hash of what was judged.

    The caller writes the audit line. Raises InvalidInput for bytes that were altered or replaced.
    """
    _, key = await deps.keys.image_key(scope_of(visit), visit.id)
    data = await deps.blobs.get(row.blob_key, key)
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise InvalidInput("another picture than was judged", field="image", reason="altered")
    return data
