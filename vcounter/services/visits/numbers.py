"""The visit's number becomes known, or another one: what was said before follows it."""

from __future__ import annotations

from vcounter.domain.ids import Msisdn, VisitId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.consents import keep_face_consent
from vcounter.services.identity.fraud import mark_number
from vcounter.services.orders.order_guard import is_suspected
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.visits.open_visit import require_serving


async def set_number(deps: Deps, caller: StaffCaller, visit_id: VisitId, msisdn: Msisdn) -> None:
    """The agent keys the number a walk-in told. Evidence held for another number stops counting.

    Raises VisitGone unless this agent serves the visit.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await take_number(uow, deps, visit, msisdn)
        subject = deps.keys.blind_index(msisdn)
        await uow.audit.write(AuditLine(caller.id, "visit.number", visit_id, subject))


async def take_number(uow: UnitOfWork, deps: Deps, visit: Visit, msisdn: Msisdn) -> None:
    """Make it the visit's number, in the caller's transaction. What the customer said about the
    face, and a suspicion that stands, hold for the new number as well."""
    if visit.msisdn == msisdn:
        return
    visit.msisdn = msisdn
    await uow.visits.save(visit)
    await keep_face_consent(uow, deps, visit)
    if await is_suspected(uow, visit.id):
        await mark_number(uow, deps, visit)
