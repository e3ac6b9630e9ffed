"""Pushing a step to the customer's screen and ending it: one at a time, told to both sides."""

from __future__ import annotations

from collections.abc import Mapping

from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.ports import AuditLine, Clock, IdFactory, UnitOfWork
from vcounter.services.views import step_view


async def push_step(
    uow: UnitOfWork,
    clock: Clock,
    ids: IdFactory,
    visit: Visit,
    kind: StepKind,
    params: Mapping[str, str],
    *,
    actor: str,
    sealed: bool = False,
    order_id: OrderId | None = None,
) -> Step:
    """Put one step on the customer's screen, in the caller's transaction.

    A step that is still up is replaced; its late answer then raises StepGone.
    """
    now = clock.now()
    current = await uow.steps.current(visit.id)
    if current is not None:
        current.finish(StepState.REPLACED, now)
        await uow.steps.save(current)
    step = Step(
        id=StepId(ids.new("stp")),
        visit_id=visit.id,
        kind=kind,
        state=StepState.PUSHED,
        pushed_at=now,
        params=dict(params),
        sealed=sealed,
        order_id=order_id,
    )
    await uow.steps.add(step)
    await uow.audit.write(AuditLine(actor, "step.push", visit.id, "", {"kind": kind.value}))
    await uow.outbox.add(visit.id, "step", {"step": step_view(step)})
    return step


async def end_step(
    uow: UnitOfWork,
    clock: Clock,
    visit: Visit,
    step: Step,
    state: StepState,
    outcome: Mapping[str, str] | None = None,
) -> None:
    """End a step once, in the caller's transaction; raises StepGone if it has ended already.

    Whoever ends a sealed step opens the bridge again after the commit (`unseal_if_over`).
    """
    step.finish(state, clock.now(), dict(outcome or {}))
    await uow.steps.save(step)
    await uow.outbox.add(visit.id, "step", {"step": step_view(step)})
