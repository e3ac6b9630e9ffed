"""The agent drives the customer's screen: which steps may be pushed, and what answers do."""

from __future__ import annotations

import json
from collections.abc import Mapping

from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import (
    CodeWrong,
    ConsentMissing,
    InvalidInput,
    PreconditionFailed,
    StepGone,
    TooMany,
)
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.msisdn import mask_msisdn, parse_msisdn
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import FaceConsent, RecordingConsent, Visit
from vcounter.services import seal
from vcounter.services.assign_visit import publish_visit
from vcounter.services.context import CustomerCaller, Deps, StaffCaller
from vcounter.services.evidence import add_evidence, publish_identity
from vcounter.services.open_visit import require_serving
from vcounter.services.ports import AuditLine, UnitOfWork
from vcounter.services.send_code import check_code
from vcounter.services.steps import end_step, push_step

Answer = Mapping[str, object]

_CHOICES: dict[StepKind, dict[str, tuple[str, ...]]] = {
    StepKind.CONSENT: {"topic": ("face", "recording")},
    StepKind.CAMERA: {"facing": ("user", "environment"), "torch": ("off", "on")},
    StepKind.NUMBER_PAD: {"purpose": ("msisdn", "service_password")},
}
_PAD: dict[str, dict[str, str]] = {
    "msisdn": {"length": "11", "secret": "no"},
    "service_password": {"length": "6", "secret": "yes"},
}
NEED_NUMBER = frozenset(
    {StepKind.FACE, StepKind.CARD_FRONT, StepKind.CARD_BACK, StepKind.CARD_TILT}
)
RETAKE_CODES = (
    "blurred",
    "glare",
    "too_dark",
    "too_far",
    "cut_off",
    "finger",
    "wrong_side",
    "face_hidden",
    "look_again",
    "other",
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
        case StepKind.CONFIRM | StepKind.READ_BACK:
            raise InvalidInput("has a request of its own", field="kind", reason="choice")


def _clean_capture(kind: StepKind, params: Mapping[str, str]) -> dict[str, str]:
    """Why a picture is taken again, and for a card which document it is."""
    clean = {}
    if "reason" in params:
        if params["reason"] not in RETAKE_CODES:
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


async def answer(deps: Deps, caller: CustomerCaller, step_id: StepId, given: Answer) -> None:
    """The customer's answer to the step that is up.

    Orders' steps (confirm, new password, disclosures) are answered by `run_action`; the routes
    send them there. Raises StepGone for a late answer, InvalidInput, CodeWrong.
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await current_step(uow, visit, step_id)
    right = await _ask_operator(deps, visit, step, given)
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await current_step(uow, visit, step_id)
        if given.get("declined") is True:
            await end_step(uow, deps.clock, visit, step, StepState.DECLINED, {"result": "declined"})
            tries = None
        elif right is not None:
            tries = await _password(uow, deps, visit, step, right)
        else:
            tries = await _ANSWERS[step.kind](uow, deps, visit, step, given)
    await seal.follow_step(deps, caller.scope, visit.id)
    if tries is not None:
        raise CodeWrong("wrong", tries_left=tries)


async def _ask_operator(deps: Deps, visit: Visit, step: Step, given: Answer) -> bool | None:
    """Check a keyed service password before our own transaction opens; None for other steps."""
    if step.params.get("purpose") != "service_password" or given.get("declined") is True:
        return None
    if visit.msisdn is None:
        return False
    return await deps.bss.check_password(visit.msisdn, _digits(given))


async def current_step(uow: UnitOfWork, visit: Visit, step_id: StepId) -> Step:
    """The step, if it is this visit's and still up. Raises StepGone."""
    step = await uow.steps.get(step_id)
    if step.visit_id != visit.id or step.state is not StepState.PUSHED:
        raise StepGone(state=step.state.value)
    return step


async def _consent(
    uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, given: Answer
) -> int | None:
    said = _flag(given, "given")
    topic = step.params.get("topic", "face")
    if topic == "face":
        visit.face_consent = FaceConsent.GIVEN if said else FaceConsent.REFUSED
    else:
        visit.recording_consent = RecordingConsent.GIVEN if said else RecordingConsent.REFUSED
    await uow.visits.save(visit)
    word = "yes" if said else "no"
    await uow.audit.write(
        AuditLine(
            str(visit.customer_party_id),
            "consent.give" if said else "consent.refuse",
            visit.id,
            "",
            {"topic": topic},
        )
    )
    state = StepState.DONE if said else StepState.DECLINED
    await end_step(uow, deps.clock, visit, step, state, {"given": word})
    await publish_visit(uow, visit)
    return None


async def _camera(
    uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, given: Answer
) -> int | None:
    ok = _flag(given, "ok")
    outcome = {"ok": "yes" if ok else "no", "facing": str(given.get("facing", ""))[:20]}
    await end_step(
        uow, deps.clock, visit, step, StepState.DONE if ok else StepState.FAILED, outcome
    )
    return None


async def _seen(uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, given: Answer) -> int | None:
    await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": "seen"})
    return None


async def _pad(uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, given: Answer) -> int | None:
    digits = _digits(given)
    match step.params.get("purpose"):
        case "msisdn":
            visit.msisdn = parse_msisdn(digits, "answer.digits")
            await uow.visits.save(visit)
            await publish_visit(uow, visit)
            outcome = {"digits": mask_msisdn(digits)}
            await end_step(uow, deps.clock, visit, step, StepState.DONE, outcome)
            return None
        case "sms_code":
            left = await check_code(uow, deps, visit, digits)
        case _:
            raise InvalidInput("an order's step", field="step", reason="choice")
    return await _end_guess(uow, deps, visit, step, left)


async def _end_guess(
    uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, left: int
) -> int | None:
    """`left` is -1 when the guess was right; the step ends then, or when no try is left."""
    if left == -1:
        await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": "right"})
        return None
    if left == 0:
        await end_step(uow, deps.clock, visit, step, StepState.FAILED, {"result": "no_tries_left"})
    return left


async def _password(
    uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, right: bool
) -> int | None:
    kind = EvidenceKind.SERVICE_PASSWORD
    wrong = sum(
        e.kind is kind and e.outcome is Outcome.FAILED
        for e in await uow.evidence.of_visit(visit.id)
    )
    if wrong >= deps.policy.code_tries:
        return await _end_guess(uow, deps, visit, step, 0)
    outcome = Outcome.PASSED if right else Outcome.FAILED
    await add_evidence(uow, deps, visit, kind, outcome, source=Source.CUSTOMER)
    await publish_identity(uow, deps, visit)
    left = -1 if right else deps.policy.code_tries - wrong - 1
    return await _end_guess(uow, deps, visit, step, left)


def _digits(given: Answer) -> str:
    digits = str(given.get("digits", ""))
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise InvalidInput("digits only", field="answer.digits", reason="digits")
    return digits


async def _not_by_hand(
    uow: UnitOfWork, deps: Deps, visit: Visit, step: Step, given: Answer
) -> int | None:
    raise InvalidInput("answered by itself", field="step", reason="choice")


_ANSWERS = {
    StepKind.CONSENT: _consent,
    StepKind.CAMERA: _camera,
    StepKind.NUMBER_PAD: _pad,
    StepKind.SHOW: _seen,
    StepKind.MESSAGE: _seen,
    StepKind.FACE: _not_by_hand,
    StepKind.CARD_FRONT: _not_by_hand,
    StepKind.CARD_BACK: _not_by_hand,
    StepKind.CARD_TILT: _not_by_hand,
    StepKind.READ_BACK: _not_by_hand,
    StepKind.CONFIRM: _not_by_hand,
}


def _flag(given: Answer, name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool):
        raise InvalidInput(name, field=f"answer.{name}", reason="boolean")
    return value
