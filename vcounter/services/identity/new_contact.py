"""Codes to a contact that is to be: the number is entered once the one who holds it confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vcounter.actions.base import Action
from vcounter.domain.errors import PreconditionFailed
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome
from vcounter.domain.ids import VisitId
from vcounter.domain.msisdn import mask_msisdn, parse_msisdn
from vcounter.domain.steps import Step
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.send_code import push_code, send_secret
from vcounter.services.ports import Subscriber
from vcounter.services.visits.open_visit import require_serving

PURPOSE = "new_contact_code"


async def send_new_contact_code(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, number: str
) -> Step:
    """Send a code to the number that is to be the contact, and put the pad on the screen.

    It counts against the visit's number like every code. Raises InvalidInput, VisitGone, TooMany,
    OperatorUnavailable, PreconditionFailed (`other_contact` for the number itself).
    """
    to = parse_msisdn(number, "msisdn")
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    record = await subscriber_of(deps, visit)
    if to == record.msisdn:
        raise PreconditionFailed("the number itself", reason="other_contact")
    step, code = await push_code(deps, caller, visit_id, PURPOSE, contact=contact_tag(deps, to))
    values = {"number": mask_msisdn(record.msisdn), "code": code}
    await send_secret(deps, visit, to, PURPOSE, values)
    return step


def contact_tag(deps: Deps, number: str) -> str:
    """The keyed hash that stands for a contact in steps and evidence."""
    return deps.keys.blind_index(f"contact:{number}")[:32]


def require_confirmed(
    deps: Deps,
    action: Action,
    inputs: Mapping[str, str],
    evidence: Sequence[Evidence],
    visit: Visit,
    record: Subscriber,
) -> None:
    """The number that an action enters confirmed a code in this visit, for this very number; and
    so did the contact that it replaces, unless it is said to be out of reach.

    Raises PreconditionFailed (`new_contact_confirmed`, `old_contact_confirmed`).
    """
    number = inputs.get(action.confirms, "") if action.confirms else ""
    old = record.alternate_contact
    if not number or number == old:
        return
    mine = [
        e
        for e in evidence
        if (e.party_id, e.msisdn) == (visit.customer_party_id, visit.msisdn)
        and e.outcome is Outcome.PASSED
    ]
    tag = contact_tag(deps, number)
    new_codes = [e for e in mine if e.kind is EvidenceKind.NEW_CONTACT_CODE]
    if not any(e.detail.get("contact") == tag for e in new_codes):
        raise PreconditionFailed("no code of the new", reason="new_contact_confirmed")
    heard = any(e.kind is EvidenceKind.CONTACT_CODE for e in mine)
    if old is not None and inputs.get("old_reachable", "yes") == "yes" and not heard:
        raise PreconditionFailed("no code of the old", reason="old_contact_confirmed")
