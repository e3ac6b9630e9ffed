"""A code to the contact enrolled with the number, for a customer who is not known by the face."""

from __future__ import annotations

from vcounter.domain.errors import PreconditionFailed
from vcounter.domain.ids import VisitId
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.steps import Step
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.send_code import push_code, send_secret
from vcounter.services.visits.open_visit import require_serving


async def send_contact_code(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Step:
    """Send a code to the enrolled contact and put the pad on the customer's screen.

    Raises VisitGone, TooMany, OperatorUnavailable, PreconditionFailed (`no_alternate_contact`).
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    record = await subscriber_of(deps, visit)
    contact = record.alternate_contact
    if contact is None or contact == record.msisdn:
        raise PreconditionFailed("no contact", reason="no_alternate_contact")
    step, code = await push_code(deps, caller, visit_id, "contact_code")
    values = {"number": mask_msisdn(record.msisdn), "code": code}
    await send_secret(deps, visit, contact, "contact_code", values)
    return step
