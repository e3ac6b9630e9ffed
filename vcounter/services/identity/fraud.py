"""Suspected fraud: nothing commits in this visit, the leads are called, the number is marked.

NIST SP 800-63A-4: the operator of a remote attended session can flag suspected fraud.
Nothing on the customer's side shows it.
"""

from __future__ import annotations

from vcounter.domain.agent import Role
from vcounter.domain.attempts import AttemptKind, AttemptOutcome
from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import VisitId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.identity import attempts
from vcounter.services.identity.evidence import publish_identity
from vcounter.services.orders.order_guard import FRAUD, FRAUD_OVER, is_suspected
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.talk import keep_message


async def flag_fraud(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, *, on: bool, reason: str
) -> dict[str, object]:
    """Set or take back the mark, with a reason that is kept as a note of the staff's own.

    Raises VisitGone, InvalidInput without a reason. Safe to repeat. Returns the identity panel.
    """
    if not reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        if await is_suspected(uow, visit_id) is not on:
            subject = deps.keys.blind_index(visit.msisdn) if visit.msisdn else ""
            verb = FRAUD if on else FRAUD_OVER
            await uow.audit.write(AuditLine(caller.id, verb, visit_id, subject))
            await keep_message(uow, deps, visit, "note", reason.strip()[:200])
            await (mark_number if on else _unmark)(uow, deps, visit)
            for lead in await uow.staff.with_role(Role.TEAM_LEAD):
                body = {"visit_id": visit_id, "on": on}
                await uow.outbox.add(desk_room(lead.id), "fraud", body)
        return await publish_identity(uow, deps, visit)


async def mark_number(uow: UnitOfWork, deps: Deps, visit: Visit) -> None:
    """Remember the suspicion with the visit's number, if that is known."""
    if visit.msisdn is not None:
        await attempts.note(uow, deps, visit, AttemptKind.FRAUD, AttemptOutcome.OPEN)


async def _unmark(uow: UnitOfWork, deps: Deps, visit: Visit) -> None:
    for mark in await attempts.marks(uow, deps, visit):
        if mark.visit_id == visit.id:
            await uow.attempts.settle(mark.id, AttemptOutcome.VOID)
