"""Which use case an answer belongs to: an order's own step, or one the agent pushed by hand."""

from __future__ import annotations

from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import StepId
from vcounter.domain.steps import Step, StepKind
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.orders.commit_order import submit_secret
from vcounter.services.orders.disclose import close_disclosure
from vcounter.services.orders.run_action import answer_confirm, decline_pad
from vcounter.services.orders.second_holder import answer_second, is_seconds_step
from vcounter.services.visits import answers
from vcounter.services.visits.answering import Answer


async def answer_step(deps: Deps, caller: CustomerCaller, step_id: StepId, given: Answer) -> None:
    """Take the customer's answer to the step that is up.

    Raises StepGone for a late one, InvalidInput, CodeWrong, and what the order's use cases raise.
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await answers.current_step(uow, visit, step_id)
    if step.order_id is None:
        await answers.answer(deps, caller, step_id, given)
    else:
        await _answer_order(deps, caller, step, given)


async def _answer_order(deps: Deps, caller: CustomerCaller, step: Step, given: Answer) -> None:
    declined = given.get("declined") is True
    match step.kind:
        case StepKind.CONFIRM:
            said = given.get("confirmed", False if declined else None)
            if not isinstance(said, bool):
                raise InvalidInput("yes or no", field="answer.confirmed", reason="boolean")
            assert step.order_id is not None
            if await is_seconds_step(deps, caller, step.order_id):
                await answer_second(deps, caller, step.id, confirmed=said)
                return
            await answer_confirm(deps, caller, step.id, confirmed=said)
        case StepKind.NUMBER_PAD | StepKind.SIGN if declined:
            await decline_pad(deps, caller, step.id)
        case StepKind.NUMBER_PAD:
            await submit_secret(deps, caller, step.id, str(given.get("digits", "")))
        case StepKind.SIGN:
            raise InvalidInput("a picture is wanted", field="answer", reason="unexpected")
        case _:
            await close_disclosure(deps, caller, step.id)
