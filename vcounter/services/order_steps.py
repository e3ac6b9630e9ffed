"""Answers to steps: those of orders go to their order, all others to the guide."""

from __future__ import annotations

from collections.abc import Mapping

from vcounter.domain.errors import InvalidInput, StepGone
from vcounter.domain.ids import StepId
from vcounter.domain.steps import Step, StepKind
from vcounter.services import guide
from vcounter.services.commit_order import submit_secret
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.disclose import close_disclosure, reveal_step
from vcounter.services.run_action import answer_confirm, decline_pad


async def answer_step(
    deps: Deps, caller: CustomerCaller, step_id: StepId, given: Mapping[str, object]
) -> None:
    """Take the customer's answer to the step that is up.

    Raises StepGone for a late one, InvalidInput, and what the order's stage raises.
    """
    async with deps.db.read(caller.scope) as uow:
        step = await uow.steps.get(step_id)
    if step.visit_id != caller.party.visit_id:
        raise StepGone("another visit's step")
    if step.order_id is None:
        await guide.answer(deps, caller, step_id, given)
        return
    await _answer_order(deps, caller, step, given)


async def _answer_order(
    deps: Deps, caller: CustomerCaller, step: Step, given: Mapping[str, object]
) -> None:
    match step.kind:
        case StepKind.CONFIRM:
            await answer_confirm(deps, caller, step.id, confirmed=_yes(given))
        case StepKind.NUMBER_PAD if given.get("declined") is True:
            await decline_pad(deps, caller, step.id)
        case StepKind.NUMBER_PAD:
            await submit_secret(deps, caller, step.id, _digits(given))
        case StepKind.SHOW:
            await close_disclosure(deps, caller, step.id)
        case _:
            raise InvalidInput("not an order's step", field="step", reason="choice")


async def reveal(deps: Deps, caller: CustomerCaller, step_id: StepId) -> str:
    """The value behind the sealed step that is up; see `disclose.reveal_step`."""
    return await reveal_step(deps, caller, step_id)


def _yes(given: Mapping[str, object]) -> bool:
    if given.get("declined") is True:
        return False
    said = given.get("confirmed")
    if not isinstance(said, bool):
        raise InvalidInput("yes or no", field="answer.confirmed", reason="boolean")
    return said


def _digits(given: Mapping[str, object]) -> str:
    digits = given.get("digits")
    if not isinstance(digits, str) or len(digits) > 20:
        raise InvalidInput("digits only", field="answer.digits", reason="digits")
    return digits
