"""An SMS as the agent sees it: that it went, to whom roughly, and what became of it; no text."""

from __future__ import annotations

from vcounter.domain.msisdn import mask_msisdn
from vcounter.services.ports import SmsRow, UnitOfWork
from vcounter.services.views import iso


def sms_view(row: SmsRow) -> dict[str, object]:
    """The same for codes and receipts: what a message says is its reader's own."""
    return {
        "id": row.id,
        "template": row.template,
        "version": row.version,
        "to_masked": mask_msisdn(row.to),
        "state": row.state.value,
        "reason": row.reason,
        "encoding": row.encoding.value,
        "length": row.length,
        "segments": row.segments,
        "queued_at": iso(row.queued_at),
        "sent_at": iso(row.sent_at),
        "settled_at": iso(row.settled_at),
    }


async def publish_sms(uow: UnitOfWork, row: SmsRow) -> None:
    """Tell the visit's agent; a message without a visit is nobody's screen."""
    if row.visit_id is not None:
        await uow.outbox.add(row.visit_id, "sms", sms_view(row), ("agent",))
