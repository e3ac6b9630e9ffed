"""The read-back: what was decided, in the customer's words, for them to say whether it is right.

Level L3 wants it, with a two-sided recording growing while the customer says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from vcounter.actions.base import Lang, lang_of
from vcounter.domain.errors import CounterError, MediaUnavailable, PreconditionFailed
from vcounter.domain.identity import (
    INDEPENDENT,
    Assurance,
    Evidence,
    EvidenceKind,
    Level,
    Outcome,
    Path,
    Source,
    covers,
)
from vcounter.domain.ids import VisitId
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.order import Order, OrderState
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import RecordingConsent, Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.evidence import add_evidence, publish_identity
from vcounter.services.identity.identity_view import held_by
from vcounter.services.orders.order_views import facts_of, words_of
from vcounter.services.ports import RecordingStatus, UnitOfWork
from vcounter.services.visits.answering import Answering
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step, push_step

_OPEN = (OrderState.DRAFT, OrderState.AWAITING_CUSTOMER)


async def push_read_back(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Step:
    """Put the read-back on the customer's screen, in their language.

    Raises VisitGone, PreconditionFailed (`level_too_low` below L2, `face_refused` where L3 cannot
    be reached), OperatorUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    name = (await subscriber_of(deps, visit)).name
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        evidence = await uow.evidence.of_visit(visit_id)
        held = held_by(evidence, visit.customer_party_id, visit)
        require_l2_by_face(held)
        orders = await uow.orders.of_visit(visit_id)
        lines = _lines(visit, name, held, evidence, orders)
        title = {"zh-CN": "请您核对", "en": "Please check"}[lang_of(visit.lang)]
        params = {"title": title, "lines": json.dumps(lines, ensure_ascii=False)}
        return await push_step(
            uow, deps.clock, deps.ids, visit, StepKind.READ_BACK, params, actor=caller.id
        )


def require_l2_by_face(held: Assurance) -> None:
    """Level L3 is built upon L2 with a face. Raises PreconditionFailed."""
    if held.path is Path.NO_FACE:
        raise PreconditionFailed("no face, no L3", reason="face_refused")
    if not covers(held.level, Level.L2):
        raise PreconditionFailed("L2 first", reason="level_too_low")


async def recording_of(deps: Deps, visit: Visit) -> RecordingStatus | None:
    """How the recording stands while the customer answers; silence is no recording."""
    if visit.recording_consent is not RecordingConsent.GIVEN:
        return None
    try:
        return await deps.media.recording(visit.id)
    except (MediaUnavailable, TimeoutError):
        return None


async def take_word(a: Answering, recording: RecordingStatus | None) -> CounterError | None:
    """Keep the customer's yes or no, and, with a yes, whether both sides were being recorded."""
    right = a.flag("right")
    word = {"right": "yes" if right else "no"}
    await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.DONE, word)
    await keep_word(a.uow, a.deps, a.visit, recording, right=right)
    await publish_identity(a.uow, a.deps, a.visit)
    return None


async def keep_word(
    uow: UnitOfWork,
    deps: Deps,
    visit: Visit,
    recording: RecordingStatus | None,
    *,
    right: bool,
) -> None:
    """The evidence of what the customer said to what was read back, in the caller's transaction."""
    outcome = Outcome.PASSED if right else Outcome.FAILED
    await add_evidence(uow, deps, visit, EvidenceKind.READ_BACK, outcome, source=Source.CUSTOMER)
    if right:
        await add_evidence(
            uow,
            deps,
            visit,
            EvidenceKind.RECORDING,
            Outcome.PASSED if is_two_sided(recording) else Outcome.FAILED,
            source=Source.COUNTER,
            detail=_recorded(recording),
        )


def is_two_sided(recording: RecordingStatus | None) -> bool:
    """Whether both the customer and the agent are being recorded."""
    return (
        recording is not None
        and recording.growing
        and recording.customer_bytes > 0
        and recording.agent_bytes > 0
    )


def _recorded(recording: RecordingStatus | None) -> dict[str, str]:
    if recording is None:
        return {"state": "off"}
    return {
        "state": "growing" if recording.growing else "stalled",
        "customer_bytes": str(recording.customer_bytes),
        "agent_bytes": str(recording.agent_bytes),
    }


def _lines(
    visit: Visit,
    name: str,
    held: Assurance,
    evidence: Sequence[Evidence],
    orders: Sequence[Order],
) -> list[str]:
    """Who, which number, what was decided and by whom, and what for."""
    lang = lang_of(visit.lang)
    number = mask_msisdn(visit.msisdn) if visit.msisdn else ""
    who = name[:1] + "*" * max(1, len(name) - 1)
    by_referee = any(
        e.kind is EvidenceKind.REFEREE_DECISION and e.outcome is Outcome.PASSED for e in evidence
    )
    purpose = _purpose(orders, lang)
    if lang == "en":
        decided = "a senior colleague" if by_referee else "the agent"
        against = "the operator's photograph" if held.reference in INDEPENDENT else "the card"
        return [
            f"You are {who}, and this is about the number {number}.",
            f"Your identity card was checked and your face compared with {against}; "
            f"{decided} decided that it is you.",
            purpose or "It is for what you asked for in this call.",
        ]
    decided = "值班长" if by_referee else "营业员"
    against = "预留照片" if held.reference in INDEPENDENT else "证件照片"
    return [
        f"您是 {who},办理的号码是 {number}。",
        f"已核验您的身份证,并与{against}比对,由{decided}确认是您本人。",
        purpose or "用于办理您在本次通话中提出的业务。",
    ]


def _purpose(orders: Sequence[Order], lang: Lang) -> str:
    """The order that waits for the customer's word, if one is drawn up already."""
    waiting = [o for o in orders if o.state in _OPEN]
    if not waiting:
        return ""
    order = max(waiting, key=lambda o: o.created_at)
    return words_of(order).plain(facts_of(order), lang).what
