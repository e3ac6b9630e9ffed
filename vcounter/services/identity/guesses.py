"""What the customer keys to show who they are: codes and the service password, each a guess."""

from __future__ import annotations

from vcounter.domain.attempts import Attempt, AttemptKind, AttemptOutcome
from vcounter.domain.errors import CodeWrong, CounterError, OperatorUnavailable, TooMany
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.steps import StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity import attempts
from vcounter.services.identity.evidence import add_evidence, publish_identity, scope_of
from vcounter.services.identity.send_code import check_code
from vcounter.services.ports import UnitOfWork
from vcounter.services.visits.answering import Answering
from vcounter.services.visits.steps import end_step

Password = tuple[Attempt | None, bool] | TooMany
"""The counted guess and whether it was right, or that no more guesses are taken."""


async def guess_code(a: Answering, purpose: str) -> CounterError | None:
    """Judge the keyed code and end the step if that is the last word."""
    left = await judge_code(
        a.uow, a.deps, a.visit, purpose, a.digits(), a.step.params.get("contact", "")
    )
    return await _shut(a, left) if isinstance(left, TooMany) else await _end(a, left)


async def judge_code(
    uow: UnitOfWork, deps: Deps, visit: Visit, purpose: str, digits: str, contact: str = ""
) -> int | TooMany:
    """The tries left, -1 for a right code; or, while the number's codes are shut, the refusal of
    any code, a right one as well."""
    refusal = await attempts.shut_for(uow, deps, visit, AttemptKind.CODE)
    return refusal or await check_code(uow, deps, visit, purpose, digits, contact)


async def ask_password(deps: Deps, visit: Visit, digits: str) -> Password:
    """Ask the operator whether a service password is right. The guess is counted before they are
    asked, so that racing guesses count too. Raises OperatorUnavailable."""
    if visit.msisdn is None:
        return None, False
    try:
        attempt = await attempts.reserve(deps, visit, AttemptKind.SERVICE_PASSWORD)
    except TooMany as refusal:
        return refusal
    try:
        return attempt, await deps.bss.check_password(visit.msisdn, digits)
    except OperatorUnavailable:
        await attempts.void(deps, scope_of(visit), attempt)
        raise
    except TooMany as refusal:  # the operator's own limit
        wait = refusal.fields.get("retry_after_s", 0)
        return TooMany("password", what="password", retry_after_s=wait)


async def guess_password(a: Answering, password: Password) -> CounterError | None:
    """Keep what the operator said of the keyed password."""
    if isinstance(password, TooMany):
        return await _shut(a, password)
    attempt, right = password
    kind = EvidenceKind.SERVICE_PASSWORD
    gathered = await a.uow.evidence.of_visit(a.visit.id)
    wrong = sum(e.kind is kind and e.outcome is Outcome.FAILED for e in gathered)
    if wrong >= a.deps.policy.code_tries:
        return await _end(a, 0)
    if attempt is not None:
        word = AttemptOutcome.RIGHT if right else AttemptOutcome.WRONG
        await a.uow.attempts.settle(attempt.id, word)
    outcome = Outcome.PASSED if right else Outcome.FAILED
    await add_evidence(a.uow, a.deps, a.visit, kind, outcome, source=Source.CUSTOMER)
    await publish_identity(a.uow, a.deps, a.visit)
    return await _end(a, -1 if right else a.deps.policy.code_tries - wrong - 1)


async def _shut(a: Answering, refusal: TooMany) -> CounterError:
    await end_step(
        a.uow, a.deps.clock, a.visit, a.step, StepState.FAILED, {"result": "no_tries_left"}
    )
    return refusal


async def _end(a: Answering, left: int) -> CounterError | None:
    """`left` is -1 when the guess was right; the step ends then, or when no try is left."""
    if left == -1:
        await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.DONE, {"result": "right"})
        return None
    if left == 0:
        failed = {"result": "no_tries_left"}
        await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.FAILED, failed)
    return CodeWrong("wrong", tries_left=left)
