"""Reading the card in the background: kept encrypted, compared with the operator's record.

The customer never waits for it. What was read surely and agrees becomes the document's evidence;
what surely differs as well; everything else is left to the agent, who keys what the picture shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import (
    CounterError,
    ImageUnusable,
    InvalidInput,
    MediaUnavailable,
    NotFound,
)
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import OPEN_STATES, Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of, today_of
from vcounter.services.identity.evidence import add_evidence, publish_identity, read_image, scope_of
from vcounter.services.identity.identity_view import Json, card_states, newest_readings
from vcounter.services.ports import (
    AuditLine,
    CardReading,
    CardReport,
    ImageRow,
    ReadingCheck,
    ReadingRow,
    Scope,
    Subscriber,
    UnitOfWork,
)
from vcounter.services.visits.on_behalf import on_behalf_of

SURE_NUMBER = 0.80
SURE_NAME = 0.90  # a rare character is misread more often than a digit, and no check digit tells
FLAT = "flat"
_TRUE_IN_ITSELF = frozenset({"number_format", "check_digit", "region", "birth"})
_PART_OF = {"valid_from": "valid", "valid_until": "valid"}


async def begin_reading(
    uow: UnitOfWork, visit: Visit, image: ImageRow, report: CardReport, document: DocumentType
) -> ReadingRow:
    """Note in the caller's transaction that this still is to be read.

    Only the resident identity card is read by machine; of another document the row says at once
    that the agent has to key it.
    """
    row = ReadingRow(
        image_id=image.id,
        tenant_id=visit.tenant_id,
        region=visit.region,
        visit_id=visit.id,
        side="back" if image.kind == "card_back" else "front",
        state="reading" if document is DocumentType.RESIDENT_ID else "unreadable",
        at=image.at,
        expires_at=image.expires_at,
        document=document,
        warnings=tuple(report.warnings),
    )
    await uow.readings.put(row)
    return row


async def read_side(deps: Deps, scope: Scope, pending: ReadingRow) -> None:
    """Read one still that was accepted, tell the agent, and conclude once both sides are read.

    A silent laboratory makes it `unreadable`; nothing waits for it. Safe to repeat.
    """
    if pending.state != "reading":
        return
    reading = await _read(deps, scope, pending)
    async with deps.db.write(scope) as uow:
        visit = await uow.visits.get(pending.visit_id)
        row = await _kept(uow, pending)
        if row is None:
            return
        await uow.readings.put(_filled(row, reading))
        facts = {"side": row.side, "state": "read" if reading else "unreadable"}
        await uow.audit.write(AuditLine("system", "card.recognise", visit.id, "", facts))
        await publish_identity(uow, deps, visit)
    if visit.state in OPEN_STATES:
        await conclude(deps, visit)


async def _read(deps: Deps, scope: Scope, pending: ReadingRow) -> CardReading | None:
    try:
        async with deps.db.read(scope) as uow:
            visit = await uow.visits.get(pending.visit_id)
            image = await uow.images.get(pending.image_id)
        jpeg = await read_image(deps, visit, image)
        with on_behalf_of(visit.id):
            return await deps.lab.read_card(jpeg, pending.side)
    except (MediaUnavailable, ImageUnusable, InvalidInput, NotFound):
        return None


async def _kept(uow: UnitOfWork, pending: ReadingRow) -> ReadingRow | None:
    """The row as it is by now: a warning may have come meanwhile."""
    rows = await uow.readings.of_visit(pending.visit_id)
    return next((r for r in rows if r.image_id == pending.image_id), None)


def _filled(row: ReadingRow, reading: CardReading | None) -> ReadingRow:
    if reading is None or not reading.fields:
        return replace(row, state="unreadable")
    return replace(
        row,
        state="read",
        fields=dict(reading.fields),
        faults=reading.faults,
        engine=reading.engine,
    )


async def resume_readings(deps: Deps, visit: Visit) -> None:
    """After a restart: read what was being read."""
    scope = scope_of(visit)
    async with deps.db.read(scope) as uow:
        rows = await uow.readings.of_visit(visit.id)
    for row in newest_readings(rows).values():
        await read_side(deps, scope, row)


# --- what it means --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BothSides:
    """The newest readings of a visit, and what they say beside the record."""

    front: ReadingRow | None
    back: ReadingRow | None
    check: ReadingCheck


def compare_with(
    deps: Deps, rows: list[ReadingRow], record: Subscriber, today: date
) -> BothSides | None:
    """The newest readings beside a record; None while nothing has been read."""
    newest = {side: row for side, row in newest_readings(rows).items() if row.state == "read"}
    front, back = newest.get("front"), newest.get("back")
    if front is None and back is None:
        return None
    return BothSides(
        front, back, deps.check_reading(_as_read(front), _as_read(back), record, today)
    )


def _as_read(row: ReadingRow | None) -> CardReading | None:
    return None if row is None else CardReading(row.side, row.fields, row.faults, row.engine)


async def conclude(deps: Deps, visit: Visit) -> None:
    """Make the document's evidence of two readings that are sure, once for each pair of stills.

    Nothing is decided while the operator's record cannot be had, or in doubt.
    """
    scope = scope_of(visit)
    try:
        record = await subscriber_of(deps, visit)
    except CounterError:
        return
    today = await today_of(deps, visit)
    async with deps.db.write(scope) as uow:
        visit = await uow.visits.get(visit.id)
        both = compare_with(deps, await uow.readings.of_visit(visit.id), record, today)
        if both is None or visit.msisdn != record.msisdn:
            return
        outcome = _verdict(both)
        if outcome is None or both.front is None or await _is_told(uow, visit, both):
            return
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.DOCUMENT,
            outcome,
            source=Source.UPLOAD,
            image_id=both.front.image_id,
            detail=_detail(both, deps.policy.portrait_old_years, today),
        )
        await publish_identity(uow, deps, visit)


def _verdict(both: BothSides) -> Outcome | None:
    if both.front is None or both.back is None:
        return None
    if both.check.sure:
        return Outcome.PASSED
    return Outcome.FAILED if surely_differs(both.front, both.check) else None


def surely_differs(front: ReadingRow, check: ReadingCheck) -> bool:
    """Whether the card surely names somebody else: a number that is true in itself, or a name."""
    number, name = front.fields.get("number"), front.fields.get("name")
    if number is None or number.confidence < SURE_NUMBER or _TRUE_IN_ITSELF & set(check.faults):
        return False
    if check.agreement["number"] == "differs":
        return True
    return (
        check.agreement["name"] == "differs" and name is not None and name.confidence >= SURE_NAME
    )


async def _is_told(uow: UnitOfWork, visit: Visit, both: BothSides) -> bool:
    assert both.front is not None
    assert both.back is not None
    return any(
        e.kind is EvidenceKind.DOCUMENT
        and e.detail.get("source") == "ocr"
        and e.msisdn == visit.msisdn
        and e.image_id == both.front.image_id
        and e.detail.get("back") == both.back.image_id
        for e in await uow.evidence.of_visit(visit.id)
    )


def _detail(both: BothSides, old_years: int, today: date) -> dict[str, str]:
    """Codes only: no number, name or date of birth."""
    assert both.front is not None
    assert both.back is not None
    detail = {
        "source": "ocr",
        "type": both.front.document.value,
        "read": "agrees" if both.check.sure else "differs",
        "failing": ",".join(both.check.faults),
        "engine": both.front.engine,
        "back": both.back.image_id,
    }
    detail |= {f"agrees_{part}": state for part, state in both.check.agreement.items()}
    dates = both.back.fields
    if "valid_from" in dates and "valid_until" in dates:
        detail["valid_until"] = dates["valid_until"].text
        start = date.fromisoformat(dates["valid_from"].text)
        detail["portrait"] = portrait_age(start, today, old_years)
    return detail


def portrait_age(taken: date, today: date, old_years: int) -> str:
    """`old` when the card's portrait is older than the policy trusts, else `fresh`."""
    return "old" if today - taken > timedelta(days=365.25 * old_years) else "fresh"


def read_beside_keyed(deps: Deps, rows: list[ReadingRow], keyed: Subscriber, today: date) -> str:
    """What the reading says of a keyed number and name (in `keyed`): unread, agrees or differs."""
    both = compare_with(deps, rows, keyed, today)
    if both is None or both.front is None:
        return "unread"
    words = []
    for part, least in (("number", SURE_NUMBER), ("name", SURE_NAME)):
        found = both.front.fields.get(part)
        sure = found is not None and found.confidence >= least
        words.append(both.check.agreement[part] if sure else "unknown")
    if "differs" in words:
        return "differs"
    return "agrees" if words == ["agrees", "agrees"] else "unread"


# --- for the agent --------------------------------------------------------------------------------


async def card_view(deps: Deps, caller: StaffCaller, visit: Visit) -> Json:
    """The card as it was read, field by field, beside the operator's record. Audited."""
    async with deps.db.write(caller.scope) as uow:
        rows = await uow.readings.of_visit(visit.id)
        await uow.audit.write(AuditLine(caller.id, "card.read", visit.id))
    both = await _beside_record(deps, visit, rows)
    newest = {side: row for side, row in newest_readings(rows).items() if row.state == "read"}
    faults = dict.fromkeys(f for row in newest.values() for f in row.faults)
    if both is not None:
        faults |= dict.fromkeys(both.check.faults)
    return card_states(rows) | {
        "faults": list(faults),
        "fields": [
            {
                "side": side,
                "name": name,
                "text": field.text,
                "confidence": round(min(max(field.confidence, 0.0), 1.0), 3),
                "state": _state(both, name),
            }
            for side, row in sorted(newest.items(), reverse=True)
            for name, field in row.fields.items()
        ],
    }


def _state(both: BothSides | None, name: str) -> str:
    if both is None:
        return "unknown"
    return both.check.agreement.get(_PART_OF.get(name, name), "unknown")


async def _beside_record(deps: Deps, visit: Visit, rows: list[ReadingRow]) -> BothSides | None:
    try:
        record = await subscriber_of(deps, visit)
    except CounterError:
        return None
    return compare_with(deps, rows, record, await today_of(deps, visit))


async def warn_flat(uow: UnitOfWork, visit_id: VisitId, *, flat: bool) -> None:
    """Keep with the newest front whether no light moved over the card while it was tilted."""
    rows = newest_readings(await uow.readings.of_visit(visit_id))
    front = rows.get("front")
    if front is None:
        return
    others = tuple(w for w in front.warnings if w != FLAT)
    await uow.readings.put(replace(front, warnings=(*others, FLAT) if flat else others))
