"""The agent drives the customer's screen: which steps may be pushed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import (
    ConsentMissing,
    InvalidInput,
    PreconditionFailed,
    StepGone,
    TooMany,
)
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.steps import RetakeReason, Step, StepKind, StepState
from vcounter.domain.visit import FaceConsent, Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.consents import ask_enrolment
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.visits import seal
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step, push_step

Answer = Mapping[str, object]

_CHOICES: dict[StepKind, dict[str, tuple[str, ...]]] = {
    StepKind.CONSENT: {"topic": ("face", "recording", "enrol")},
    StepKind.CAMERA: {"facing": ("user", "environment"), "torch": ("off", "on")},
    StepKind.NUMBER_PAD: {"purpose": ("msisdn", "service_password")},
}
_PAD: dict[str, dict[str, str]] = {
    "msisdn": {"length": "11", "secret": "no"},
    "service_password": {"length": "6", "secret": "yes"},
}
PHOTOGRAPHED = ("error_screen", "device", "other")
NEED_NUMBER = frozenset(
    {StepKind.FACE, StepKind.CARD_FRONT, StepKind.CARD_BACK, StepKind.CARD_TILT}
)


async def push(
    deps: Deps,
    caller: StaffCaller,
    visit_id: VisitId,
    kind: StepKind,
    params: Mapping[str, str],
) -> Step:
    """Put a step on the customer's screen at the agent's wish.

    `confirm` belongs to orders and cannot be pushed by hand. Raises InvalidInput, VisitGone,
    ConsentMissing (face without consent), PreconditionFailed (identity before a number is known),
    MediaUnavailable when a secret step cannot be sealed.
    """
    clean = _clean_params(kind, params)
    sealed = clean.get("secret") == "yes"
    if sealed:
        await _require_own(deps, caller, visit_id)
        await seal.shut(deps, visit_id)
    try:
        async with deps.db.write(caller.scope) as uow:
            visit = await uow.visits.get(visit_id)
            require_serving(visit, caller)
            if kind in NEED_NUMBER and visit.msisdn is None:
                raise PreconditionFailed("no number yet", reason="number_missing")
            if kind is StepKind.FACE and visit.face_consent is not FaceConsent.GIVEN:
                raise ConsentMissing("face", consent="face")
            if kind is StepKind.FACE:
                await _limit_challenges(uow, deps, visit)
            step = await push_step(
                uow, deps.clock, deps.ids, visit, kind, clean, actor=caller.id, sealed=sealed
            )
            if clean.get("topic") == "enrol":
                await ask_enrolment(uow, deps, visit)
    finally:
        await seal.follow_step(deps, caller.scope, visit_id)
    return step


async def retake(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, kind: StepKind, reason: str
) -> Step:
    """Ask for a picture of the face or the card again, of the same document as before.

    The customer's page says why, aloud. Raises what `push` raises.
    """
    params = {"reason": reason}
    if kind is not StepKind.FACE:
        async with deps.db.read(caller.scope) as uow:
            steps = await uow.steps.of_visit(visit_id)
        shown = [s.params["document"] for s in steps if "document" in s.params]
        params |= {"document": shown[-1]} if shown else {}
    step = await push(deps, caller, visit_id, kind, params)
    async with deps.db.write(caller.scope) as uow:
        facts = {"kind": kind.value, "reason": reason}
        await uow.audit.write(AuditLine(caller.id, "picture.retake", visit_id, "", facts))
    return step


async def _require_own(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> None:
    async with deps.db.read(caller.scope) as uow:
        require_serving(await uow.visits.get(visit_id), caller)


async def _limit_challenges(uow: UnitOfWork, deps: Deps, visit: Visit) -> None:
    """Each challenge is a chance for a recorded turn to fit. Raises TooMany (`challenges`)."""
    steps = await uow.steps.of_visit(visit.id)
    judged = (StepState.DONE, StepState.FAILED)
    tried = sum(s.kind is StepKind.FACE and s.state in judged for s in steps)
    if tried >= deps.policy.challenge_tries:
        raise TooMany("challenges", what="challenges", retry_after_s=0)


def _clean_params(kind: StepKind, params: Mapping[str, str]) -> dict[str, str]:
    """Only known names and values; free text is bounded. Raises InvalidInput."""
    match kind:
        case StepKind.CONSENT | StepKind.CAMERA | StepKind.NUMBER_PAD:
            clean = {}
            for name, allowed in _CHOICES[kind].items():
                value = params.get(name, allowed[0])
                if value not in allowed:
                    raise InvalidInput(value, field=f"params.{name}", reason="choice")
                clean[name] = value
            return clean | _PAD.get(clean.get("purpose", ""), {})
        case StepKind.FACE | StepKind.CARD_FRONT | StepKind.CARD_BACK | StepKind.CARD_TILT:
            return _clean_capture(kind, params)
        case StepKind.MESSAGE:
            return {"text": _bounded(params, "text", 200)}
        case StepKind.SHOW:
            title, lines = _bounded(params, "title", 40), _bounded(params, "lines", 1000)
            kept = [line.strip() for line in lines.splitlines() if line.strip()][:12]
            return {"title": title, "lines": json.dumps(kept, ensure_ascii=False), "kind": "howto"}
        case StepKind.PHOTO:
            what = params.get("what", PHOTOGRAPHED[0])
            if what not in PHOTOGRAPHED:
                raise InvalidInput(what, field="params.what", reason="choice")
            return {"what": what}
        case StepKind.CONFIRM | StepKind.READ_BACK | StepKind.SIGN | StepKind.PAY:
            raise InvalidInput("has a request of its own", field="kind", reason="choice")


def _clean_capture(kind: StepKind, params: Mapping[str, str]) -> dict[str, str]:
    """Why a picture is taken again, and for a card which document it is."""
    clean = {}
    if "reason" in params:
        if params["reason"] not in frozenset(RetakeReason):
            raise InvalidInput(params["reason"], field="params.reason", reason="choice")
        clean["reason"] = params["reason"]
    if kind is not StepKind.FACE:
        document = params.get("document", DocumentType.RESIDENT_ID.value)
        if document not in set(DocumentType):
            raise InvalidInput(document, field="params.document", reason="choice")
        clean["document"] = document
    return clean


def _bounded(params: Mapping[str, str], name: str, limit: int) -> str:
    text = params.get(name, "").strip()
    if not text or len(text) > limit:
        raise InvalidInput(name, field=f"params.{name}", reason="length")
    return text


async def cancel(deps: Deps, caller: StaffCaller, visit_id: VisitId, step_id: StepId) -> None:
    """Take a step off the customer's screen. Raises StepGone if it has ended already."""
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        step = await uow.steps.get(step_id)
        if step.visit_id != visit_id:
            raise StepGone("another visit's step")
        await end_step(uow, deps.clock, visit, step, StepState.CANCELLED)
    await seal.follow_step(deps, caller.scope, visit_id)
