"""Limits on guessing: counted for a number over all its visits, in the guess's own transaction.

A guess is judged only while its counter is held, so that guesses which race cannot together have
more than the limit. A number is named by its keyed hash.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from vcounter.domain.attempts import (
    Attempt,
    AttemptKind,
    AttemptOutcome,
    Limit,
    Window,
    wait_s,
    window_start,
)
from vcounter.domain.errors import PreconditionFailed, TooMany
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, Policy
from vcounter.services.ports import Scope, UnitOfWork

# What the problem names.
_WHAT = {
    AttemptKind.CODE_SENT: "codes",
    AttemptKind.CODE: "codes",
    AttemptKind.SERVICE_PASSWORD: "password",
    AttemptKind.FACTS: "facts",
    AttemptKind.QUESTIONS: "questions",
    AttemptKind.UPLOAD: "uploads",
}


def limits(policy: Policy, kind: AttemptKind) -> tuple[Limit, ...]:
    """The limits in force for one kind; all of them must have room."""
    by_kind = {
        AttemptKind.CODE_SENT: (
            Limit(policy.codes_per_hour, Window.HOUR),
            Limit(policy.codes_per_day, Window.DAY),
        ),
        AttemptKind.CODE: (Limit(policy.wrong_codes_per_day, Window.DAY),),
        AttemptKind.SERVICE_PASSWORD: (Limit(policy.wrong_passwords_per_day, Window.DAY),),
        AttemptKind.FACTS: (Limit(policy.wrong_facts_per_day, Window.DAY),),
        AttemptKind.QUESTIONS: (Limit(policy.failed_draws_per_day, Window.DAY),),
        AttemptKind.UPLOAD: (Limit(policy.uploads_per_step, Window.DAY),),
    }
    return by_kind.get(kind, ())


def subject_of(deps: Deps, visit: Visit) -> str:
    """The keyed hash that stands for the visit's number. Raises PreconditionFailed without one."""
    if visit.msisdn is None:
        raise PreconditionFailed("no number yet", reason="number_missing")
    return deps.keys.blind_index(f"attempts:{visit.msisdn}")


async def shut(
    uow: UnitOfWork, deps: Deps, scope: Scope, kind: AttemptKind, subject: str
) -> TooMany | None:
    """Hold the counter to the end of the transaction; the refusal if there is no room, else None.

    The caller adds what is counted (`note`) in the same transaction.
    """
    await uow.hold(f"attempts/{kind.value}/{subject}")
    now = deps.clock.now()
    zone = ZoneInfo((await uow.tenants.get(scope.tenant_id)).timezone)
    wait = 0
    for limit in limits(deps.policy, kind):
        found = await uow.attempts.since(kind, subject, window_start(now, limit.window, zone))
        wait = max(wait, wait_s(found, limit, now, zone))
    return TooMany(_WHAT[kind], what=_WHAT[kind], retry_after_s=wait) if wait else None


async def shut_for(uow: UnitOfWork, deps: Deps, visit: Visit, kind: AttemptKind) -> TooMany | None:
    """As `shut`, for the visit's number."""
    scope = Scope(visit.tenant_id, visit.region)
    return await shut(uow, deps, scope, kind, subject_of(deps, visit))


async def require_room(uow: UnitOfWork, deps: Deps, visit: Visit, kind: AttemptKind) -> None:
    """As `shut_for`; raises the refusal."""
    refusal = await shut_for(uow, deps, visit, kind)
    if refusal is not None:
        raise refusal


async def note(
    uow: UnitOfWork, deps: Deps, visit: Visit, kind: AttemptKind, outcome: AttemptOutcome
) -> Attempt:
    """Count one for the visit's number."""
    kept = deps.policy.attempts_kept_days
    if kind is AttemptKind.FRAUD:
        kept = deps.policy.fraud_mark_days
    return await _add(uow, deps, visit.id, kind, subject_of(deps, visit), outcome, kept)


async def reserve(deps: Deps, visit: Visit, kind: AttemptKind) -> Attempt:
    """Count a guess that somebody else will judge, before they are asked; `settle` it after.

    Raises TooMany: then nobody may be asked.
    """
    async with deps.db.write(Scope(visit.tenant_id, visit.region)) as uow:
        await require_room(uow, deps, visit, kind)
        return await note(uow, deps, visit, kind, AttemptOutcome.OPEN)


async def void(deps: Deps, scope: Scope, attempt: Attempt) -> None:
    """The guess was never judged, as far as the guesser can know."""
    async with deps.db.write(scope) as uow:
        await uow.attempts.settle(attempt.id, AttemptOutcome.VOID)


async def take_upload(deps: Deps, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
    """Count one picture sent for a step. Raises TooMany."""
    kind, subject = AttemptKind.UPLOAD, deps.keys.blind_index(f"attempts:{step_id}")
    async with deps.db.write(scope) as uow:
        refusal = await shut(uow, deps, scope, kind, subject)
        if refusal is not None:
            raise refusal
        await _add(uow, deps, visit_id, kind, subject, AttemptOutcome.OPEN, 1)


async def _add(
    uow: UnitOfWork,
    deps: Deps,
    visit_id: VisitId,
    kind: AttemptKind,
    subject: str,
    outcome: AttemptOutcome,
    kept_days: int,
) -> Attempt:
    now = deps.clock.now()
    attempt = Attempt(
        id=deps.ids.new("atm"),
        kind=kind,
        subject=subject,
        visit_id=visit_id,
        at=now,
        outcome=outcome,
        expires_at=now + timedelta(days=kept_days),
    )
    await uow.attempts.add(attempt)
    return attempt


async def marks(uow: UnitOfWork, deps: Deps, visit: Visit) -> list[Attempt]:
    """The marks of suspected fraud that stand on the visit's number, of this visit and others."""
    if visit.msisdn is None:
        return []
    now = deps.clock.now()
    since = now - timedelta(days=deps.policy.fraud_mark_days)
    found = await uow.attempts.since(AttemptKind.FRAUD, subject_of(deps, visit), since)
    return [m for m in found if m.outcome is AttemptOutcome.OPEN and m.expires_at > now]
