"""The document as the agent keys it from its picture, where the machine could not read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from vcounter.domain.documents import DocumentType
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import VisitId
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import served_visit, subscriber_of, today_of
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.identity.identity_view import newest_readings
from vcounter.services.identity.read_cards import portrait_age, read_beside_keyed
from vcounter.services.ports import ReadingRow, Subscriber
from vcounter.services.visits.open_visit import require_serving


@dataclass(frozen=True, slots=True)
class KeyedDocument:
    """What the agent read off the picture. `valid_until` None means 长期 (long term)."""

    number: str
    name: str
    valid_from: date
    valid_until: date | None
    type: DocumentType = DocumentType.RESIDENT_ID


CheckDocument = Callable[[KeyedDocument, Subscriber, date, DocumentType], list[str]]
"""Format, check digit, region, dates and agreement with the record; the codes of what fails."""

TYPE_DIFFERS = "type_differs"


async def key_document(
    deps: Deps,
    check: CheckDocument,
    caller: StaffCaller,
    visit_id: VisitId,
    document: KeyedDocument,
) -> dict[str, object]:
    """Check the keyed document and keep whether it passed; the number itself is not kept.

    What the card was surely read as stands beside it: where the two differ, only a referee may
    decide. Raises InvalidInput, VisitGone, PreconditionFailed (no number yet, no such subscriber).
    """
    visit = await served_visit(deps, caller, visit_id)
    record = await subscriber_of(deps, visit)
    today = await today_of(deps, visit)
    failing = check(document, record, today, document.type)
    if document.type is not record.document_type:
        failing = [*failing, TYPE_DIFFERS]
    keyed = replace(record, document_number=document.number, name=document.name)
    detail = {
        "source": "keyed",
        "type": document.type.value,
        "failing": ",".join(failing),
        "valid_until": document.valid_until.isoformat() if document.valid_until else "long_term",
        "portrait": portrait_age(document.valid_from, today, deps.policy.portrait_old_years),
    }
    outcome = Outcome.FAILED if failing else Outcome.PASSED
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        rows = await uow.readings.of_visit(visit_id)
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.DOCUMENT,
            outcome,
            source=Source.AGENT,
            by=caller.id,
            detail=detail | {"read": _beside_reading(deps, rows, document, keyed, today)},
        )
        return await publish_identity(uow, deps, visit)


def _beside_reading(
    deps: Deps, rows: list[ReadingRow], document: KeyedDocument, keyed: Subscriber, today: date
) -> str:
    """Another kind of document than was photographed differs from it, whatever was read."""
    front = newest_readings(rows).get("front")
    if front is not None and front.document is not document.type:
        return "differs"
    return read_beside_keyed(deps, rows, keyed, today)
