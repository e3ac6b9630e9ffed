"""A second person's approval: level L3 wants one, by somebody else than who decided."""

from __future__ import annotations

from collections.abc import Sequence

from vcounter.domain.agent import Role
from vcounter.domain.errors import Forbidden, InvalidInput, PreconditionFailed
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source
from vcounter.domain.ids import VisitId
from vcounter.services.context import Deps, StaffCaller, desk_room
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.identity.identity_view import held_by
from vcounter.services.identity.read_back import require_l2_by_face
from vcounter.services.visits.open_visit import require_serving

_DECISIONS = frozenset({EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION})


async def ask_approval(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, reason: str
) -> dict[str, object]:
    """Ask the team leads for a second approval; it appears at the referee's desk.

    Raises VisitGone, InvalidInput without a reason, PreconditionFailed (`level_too_low` below L2,
    `face_refused`, `read_back_missing` until the customer confirmed the read-back while recorded).
    """
    if not reason.strip():
        raise InvalidInput("say why", field="reason", reason="required")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        held = held_by(await uow.evidence.of_visit(visit_id), visit.customer_party_id, visit)
        require_l2_by_face(held)
        if any(kind is not EvidenceKind.APPROVAL for kind in held.to_l3):
            raise PreconditionFailed("read back first", reason="read_back_missing")
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.APPROVAL,
            Outcome.REVIEW,
            source=Source.AGENT,
            by=caller.id,
            detail={"reason": reason.strip()[:200]},
        )
        for lead in await uow.staff.with_role(Role.TEAM_LEAD):
            body = {"visit_id": visit_id, "ask": "approval"}
            await uow.outbox.add(desk_room(lead.id), "referral", body)
        return await publish_identity(uow, deps, visit)


def refuse_same_person(mine: Sequence[Evidence], caller: StaffCaller) -> None:
    """Whoever decided cannot be the second person. Raises Forbidden."""
    decided = [e for e in mine if e.kind in _DECISIONS and e.outcome is Outcome.PASSED]
    if any(e.by == caller.id for e in decided):
        raise Forbidden("the same person decided")
