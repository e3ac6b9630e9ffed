"""What must hold before an order goes on: assurance, recording, number, no coercion.

Asked at prepare, at confirm and at commit; every doubt refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from vcounter.actions.base import Action
from vcounter.domain.errors import AssuranceTooLow, NotRecording, StepGone, VisitGone
from vcounter.domain.identity import INDEPENDENT, Assurance, Evidence, Level, assess, covers
from vcounter.domain.ids import Msisdn, PartyId, VisitId
from vcounter.domain.order import Order
from vcounter.domain.steps import Step, StepState
from vcounter.domain.visit import RecordingConsent, Visit, VisitState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.ports import AuditLine, UnitOfWork

DURESS = "visit.duress"
DURESS_OVER = "visit.duress_over"
FRAUD = "visit.fraud"
FRAUD_OVER = "visit.fraud_over"


_NO_INPUTS: Mapping[str, str] = {}


def require_assurance(
    action: Action,
    evidence: Sequence[Evidence],
    party_id: PartyId | None,
    msisdn: Msisdn,
    inputs: Mapping[str, str] = _NO_INPUTS,
    *,
    approved: bool = True,
    undoing: bool = False,
) -> Assurance:
    """Compute what the party holds for this number now, and compare it with what the action wants.

    At L2 and above an order that cannot be undone, discloses or changes the SIM, and each at L3,
    wants a face that was matched with a portrait from elsewhere than the card, even where the
    action forgot to say so. Before a second person has `approved`, L3 is still out of reach and L2
    carries the order that far. `undoing` an L3 order wants L2. Raises AssuranceTooLow with
    `needed`, `held`, `missing`, `reference` and `independent`.
    """
    held = assess(e for e in evidence if e.party_id == party_id and e.msisdn == msisdn)
    needed = action.needed(inputs)
    if needed is Level.L3 and (undoing or (action.second_person and not approved)):
        needed = Level.L2
    independent = wants_independent(action, inputs)
    strong = not independent or held.reference in INDEPENDENT
    if covers(held.level, needed) and strong:
        return held
    raise AssuranceTooLow(
        action.id,
        needed=needed.value,
        held=held.level.value,
        missing=[kind.value for kind in held.missing],
        reference=held.reference.value,
        independent=independent,
    )


def wants_independent(action: Action, inputs: Mapping[str, str] = _NO_INPUTS) -> bool:
    """Whether the card's own portrait, or no face at all, is too little for this action."""
    if action.needs_independent_reference:
        return True
    needed = action.needed(inputs)
    if needed is Level.L3:
        return True
    if not covers(needed, Level.L2):
        return False
    return action.undo_id is None or action.discloses is not None or action.locks_sim


async def require_recording(deps: Deps, visit: Visit, action: Action) -> None:
    """The recording grows (a seal counts as growing), if the action wants one.

    Raises NotRecording, MediaUnavailable.
    """
    if not action.requires_recording:
        return
    if visit.recording_consent is not RecordingConsent.GIVEN:
        raise NotRecording("no consent to recording", reason="no_consent")
    if not (await deps.media.recording(visit.id)).growing:
        raise NotRecording("recording stands still", reason="not_growing")


def require_customer(visit: Visit, order: Order, caller: CustomerCaller) -> None:
    """Only the party an order is about may answer for it, while it is being served.

    Raises VisitGone, StepGone.
    """
    if visit.state is not VisitState.SERVING:
        raise VisitGone("not being served", state=visit.state.value)
    if order.visit_id != visit.id or order.party_id != caller.party.id:
        raise StepGone("another party's order")


async def order_step(uow: UnitOfWork, caller: CustomerCaller, step_id: str) -> tuple[Step, Order]:
    """The caller's own step that is up, with its order. Raises StepGone, NotFound."""
    current = await uow.steps.current(caller.party.visit_id)
    if current is None or current.id != step_id or current.state is not StepState.PUSHED:
        raise StepGone("not up any more")
    if current.order_id is None:
        raise StepGone("no order's step")
    return current, await uow.orders.get(current.order_id)


async def mark_duress(uow: UnitOfWork, actor: str, visit_id: VisitId, *, on: bool) -> None:
    """Set or clear the silent mark of a coached or frightened customer.

    In the caller's transaction. It stands in the audit log alone; no event and no view shows it.
    """
    await uow.audit.write(AuditLine(actor, DURESS if on else DURESS_OVER, visit_id))


async def is_under_duress(uow: UnitOfWork, visit_id: VisitId) -> bool:
    """Whether the last mark is set; then nothing commits."""
    return await duress_since(uow, visit_id) is not None


async def duress_since(uow: UnitOfWork, visit_id: VisitId) -> datetime | None:
    """When the mark that stands was set; None while none stands."""
    return await _marked_since(uow, visit_id, DURESS, DURESS_OVER)


async def is_suspected(uow: UnitOfWork, visit_id: VisitId) -> bool:
    """Whether fraud is suspected in this visit; then nothing commits."""
    return await suspected_since(uow, visit_id) is not None


async def suspected_since(uow: UnitOfWork, visit_id: VisitId) -> datetime | None:
    """When the suspicion that stands was said; None while none stands."""
    return await _marked_since(uow, visit_id, FRAUD, FRAUD_OVER)


async def may_commit(uow: UnitOfWork, visit_id: VisitId) -> bool:
    """Neither coercion nor fraud is suspected."""
    if await is_under_duress(uow, visit_id):
        return False
    return not await is_suspected(uow, visit_id)


async def _marked_since(uow: UnitOfWork, visit_id: VisitId, on: str, over: str) -> datetime | None:
    lines = await uow.audit.of_object(visit_id)
    marks = [(line.verb, at) for at, line in lines if line.verb in (on, over)]
    return marks[-1][1] if marks and marks[-1][0] == on else None
