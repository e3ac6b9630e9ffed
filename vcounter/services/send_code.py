"""Single-use SMS codes: six digits, ten minutes, three tries (NIST SP 800-63B §5.1.3)."""

from __future__ import annotations

import hmac
from datetime import timedelta

from vcounter.domain.errors import PreconditionFailed
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import Msisdn, VisitId
from vcounter.domain.steps import Step, StepKind
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.decide_identity import subscriber_of
from vcounter.services.evidence import add_evidence, publish_identity
from vcounter.services.open_visit import require_serving
from vcounter.services.ports import CodeRow, Sms, UnitOfWork
from vcounter.services.steps import push_step

DIGITS = 6
BARRED_STATES = frozenset({"LOST_HOLD", "SUSPENDED_FRAUD", "SUSPENDED_POLICE", "CLOSED"})

_TEXT = {
    "zh-CN": (
        "【远程营业厅】验证码 {code},10 分钟内有效。"
        "只在营业厅页面里输入,不要告诉任何人,营业员也不会问。"
    ),
    "en": (
        "[Video counter] Your code is {code}, valid for 10 minutes. "
        "Key it on the counter page only; nobody, not even the agent, will ask you for it."
    ),
}


async def send_code(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> Step:
    """Send a fresh code to the visit's number and put the number pad on the customer's screen.

    A new code ends the old one. Raises PreconditionFailed when the number cannot or must not
    receive one (lost or barred SIM).
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
    require_serving(visit, caller)
    record = await subscriber_of(deps, visit)
    if record.state in BARRED_STATES:
        raise PreconditionFailed("SIM barred", reason="sim_barred")
    code = f"{deps.ids.number(10**DIGITS):0{DIGITS}d}"
    key = deps.ids.new("sms")
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        await uow.codes.put(
            CodeRow(
                visit_id=visit_id,
                msisdn=record.msisdn,
                code_hash=_hash(deps, visit_id, record.msisdn, code),
                expires_at=deps.clock.now() + timedelta(seconds=deps.policy.code_ttl_s),
                tries_left=deps.policy.code_tries,
            )
        )
        step = await push_step(
            uow,
            deps.clock,
            deps.ids,
            visit,
            StepKind.NUMBER_PAD,
            {"purpose": "sms_code", "length": str(DIGITS), "secret": "no"},
            actor=caller.id,
        )
    text = _TEXT[visit.lang].format(code=code)
    await deps.sms.send(Sms(record.msisdn, text, "sms_code", key))
    return step


async def check_code(uow: UnitOfWork, deps: Deps, visit: Visit, digits: str) -> int:
    """Compare the keyed digits with the code in force and keep the outcome as evidence.

    Returns how many tries are left, or -1 when the code was right; the caller's transaction must
    commit either way, or a guess would cost nothing.
    """
    if visit.msisdn is None:
        return 0
    row = await uow.codes.get(visit.id, visit.msisdn)
    if row is None or row.expires_at <= deps.clock.now() or row.tries_left <= 0:
        return 0
    left = await uow.codes.spend_try(visit.id, visit.msisdn)
    right = hmac.compare_digest(row.code_hash, _hash(deps, visit.id, visit.msisdn, digits))
    if not right:
        return left
    await uow.codes.delete(visit.id, visit.msisdn)
    await add_evidence(
        uow, deps, visit, EvidenceKind.SMS_CODE, Outcome.PASSED, source=Source.CUSTOMER
    )
    await publish_identity(uow, deps, visit)
    return -1


def _hash(deps: Deps, visit_id: VisitId, msisdn: Msisdn, code: str) -> str:
    return deps.keys.blind_index(f"sms-code:{visit_id}:{msisdn}:{code}")
