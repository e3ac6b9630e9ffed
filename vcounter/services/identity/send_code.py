"""Single-use codes by SMS: six digits, ten minutes, three tries (NIST SP 800-63B §5.1.3).

Sent to the number itself (level L1), or, for a customer who is not known by the face, to the
contact enrolled with it. Both count against the number's limits.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta

from vcounter.actions.base import lang_of
from vcounter.domain.attempts import AttemptKind, AttemptOutcome
from vcounter.domain.errors import PreconditionFailed
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import Msisdn, VisitId
from vcounter.domain.steps import Step, StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity import attempts
from vcounter.services.identity.decide_identity import subscriber_of
from vcounter.services.identity.evidence import add_evidence, publish_identity, scope_of
from vcounter.services.ports import CodeRow, Sms, UnitOfWork
from vcounter.services.sms.compose import compose
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import push_step

DIGITS = 6
BARRED_STATES = frozenset({"LOST_HOLD", "SUSPENDED_FRAUD", "SUSPENDED_POLICE", "CLOSED"})
EVIDENCE = {
    "sms_code": EvidenceKind.SMS_CODE,
    "contact_code": EvidenceKind.CONTACT_CODE,
    "new_contact_code": EvidenceKind.NEW_CONTACT_CODE,
}


async def send_code(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Step:
    """Send a fresh code to the visit's number and put the number pad on the customer's screen.

    A new code ends the old one. Raises VisitGone, TooMany, PreconditionFailed when the number
    cannot or must not receive one (lost or barred SIM).
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    record = await subscriber_of(deps, visit)
    if record.state in BARRED_STATES:
        raise PreconditionFailed("SIM barred", reason="sim_barred")
    step, code = await push_code(deps, caller, visit_id, "sms_code")
    await send_secret(deps, visit, record.msisdn, "sms_code", {"code": code})
    return step


async def send_secret(
    deps: Deps, visit: Visit, to: Msisdn, template: str, values: Mapping[str, str]
) -> None:
    """Send the message that carries a code, under a key of its own. Raises OperatorUnavailable."""
    scope = scope_of(visit)
    words = await compose(deps, scope, template, lang_of(visit.lang), values)
    await deps.sms.send(
        Sms(
            to,
            words.text,
            words.template,
            deps.ids.new("sms"),
            visit_id=visit.id,
            scope=scope,
            version=words.version,
        )
    )


async def push_code(
    deps: Deps, caller: StaffCaller, visit_id: VisitId, purpose: str, *, contact: str = ""
) -> tuple[Step, str]:
    """Make a code for the visit's number, count it, and put its pad up; the caller sends it.

    `contact` is the keyed hash of the number that a code of that purpose went to.
    Raises TooMany when too many were sent, or while wrong codes have shut the number's codes.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await attempts.require_room(uow, deps, visit, AttemptKind.CODE)
        await attempts.require_room(uow, deps, visit, AttemptKind.CODE_SENT)
        await attempts.note(uow, deps, visit, AttemptKind.CODE_SENT, AttemptOutcome.OPEN)
        code = await put_code(uow, deps, visit, purpose, contact)
        params = {"purpose": purpose, "length": str(DIGITS), "secret": "no"}
        params |= {"contact": contact} if contact else {}
        step = await push_step(
            uow, deps.clock, deps.ids, visit, StepKind.NUMBER_PAD, params, actor=caller.id
        )
    return step, code


async def put_code(
    uow: UnitOfWork, deps: Deps, visit: Visit, purpose: str, contact: str = ""
) -> str:
    """Make a code for the visit's number, in the caller's transaction; the one before ends."""
    code = f"{deps.ids.number(10**DIGITS):0{DIGITS}d}"
    owner = _owner(visit, purpose, contact)
    await uow.codes.put(
        CodeRow(
            visit_id=visit.id,
            msisdn=owner,
            code_hash=_hash(deps, visit.id, owner, code),
            expires_at=deps.clock.now() + timedelta(seconds=deps.policy.code_ttl_s),
            tries_left=deps.policy.code_tries,
        )
    )
    return code


async def check_code(
    uow: UnitOfWork, deps: Deps, visit: Visit, purpose: str, digits: str, contact: str = ""
) -> int:
    """Compare the keyed digits with the code in force and keep the outcome, once it is one.

    Returns how many tries are left, or -1 when the code was right; the caller's transaction must
    commit either way, or a guess would cost nothing. The caller holds the number's counter.
    """
    if visit.msisdn is None:
        return 0
    owner = _owner(visit, purpose, contact)
    row = await uow.codes.get(visit.id, owner)
    if row is None or row.expires_at <= deps.clock.now() or row.tries_left <= 0:
        return 0
    left = await uow.codes.spend_try(visit.id, owner)
    right = hmac.compare_digest(row.code_hash, _hash(deps, visit.id, owner, digits))
    outcome, detail = Outcome.PASSED, {"contact": contact} if contact else dict[str, str]()
    if right:
        await uow.codes.delete(visit.id, owner)
    else:
        await attempts.note(uow, deps, visit, AttemptKind.CODE, AttemptOutcome.WRONG)
        if left:
            return left
        outcome, detail = Outcome.FAILED, {"wrong": str(deps.policy.code_tries)}
    kind = EVIDENCE[purpose]
    await add_evidence(uow, deps, visit, kind, outcome, source=Source.CUSTOMER, detail=detail)
    await publish_identity(uow, deps, visit)
    return -1 if right else left


def _owner(visit: Visit, purpose: str, contact: str = "") -> Msisdn:
    """Under which name the code is kept: one of each purpose for the visit's number, and of each
    contact it went to."""
    number = f"{visit.msisdn}:{contact}" if contact else str(visit.msisdn)
    return Msisdn(number if purpose == "sms_code" else f"{purpose}:{number}")


def _hash(deps: Deps, visit_id: VisitId, owner: Msisdn, code: str) -> str:
    return deps.keys.blind_index(f"code:{visit_id}:{owner}:{code}")
