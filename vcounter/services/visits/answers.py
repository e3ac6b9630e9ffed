"""What the customer's answers do, each in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from vcounter.domain.errors import CounterError, InvalidInput, StepGone
from vcounter.domain.ids import StepId
from vcounter.domain.msisdn import mask_msisdn, parse_msisdn
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity import consents
from vcounter.services.identity.guesses import Password, ask_password, guess_code, guess_password
from vcounter.services.identity.read_back import recording_of, take_word
from vcounter.services.ports import UnitOfWork
from vcounter.services.visits import numbers, seal
from vcounter.services.visits.answering import Answer, Answering, digits_of
from vcounter.services.visits.assign_visit import publish_visit
from vcounter.services.visits.steps import end_step

Handler = Callable[[Answering], Awaitable[CounterError | None]]


async def answer(deps: Deps, caller: CustomerCaller, step_id: StepId, given: Answer) -> None:
    """The customer's answer to the step that is up.

    Orders' steps (confirm, new password, disclosures) are answered by `run_action`; the routes
    send them there. A refused guess is kept before it is told. Raises StepGone for a late answer,
    InvalidInput, CodeWrong, TooMany.
    """
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await current_step(uow, visit, step_id)
    handle = await _handler(deps, visit, step, given)
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await current_step(uow, visit, step_id)
        answering = Answering(uow, deps, visit, step, given)
        problem = await handle(answering)
    for key in answering.gone:
        await deps.blobs.delete(key)
    await seal.follow_step(deps, caller.scope, visit.id)
    if problem is not None:
        raise problem


async def current_step(uow: UnitOfWork, visit: Visit, step_id: StepId) -> Step:
    """The step, if it is this visit's and still up. Raises StepGone."""
    step = await uow.steps.get(step_id)
    if step.visit_id != visit.id or step.state is not StepState.PUSHED:
        raise StepGone(state=step.state.value)
    return step


async def _handler(deps: Deps, visit: Visit, step: Step, given: Answer) -> Handler:
    """How to take the answer; whatever must be asked of others is asked here, before our own
    transaction opens."""
    if given.get("declined") is True:
        return _declined
    if step.params.get("purpose") == "service_password":
        password = await ask_password(deps, visit, digits_of(given))
        return lambda a: _password(a, password)
    if step.kind is StepKind.READ_BACK:
        recording = await recording_of(deps, visit)
        return lambda a: take_word(a, recording)
    return _ANSWERS[step.kind]


async def _password(a: Answering, password: Password) -> CounterError | None:
    return await guess_password(a, password)


async def _declined(a: Answering) -> None:
    declined = {"result": "declined"}
    await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.DECLINED, declined)


async def _consent(a: Answering) -> None:
    given = a.flag("given")
    topic = a.step.params.get("topic", "face")
    state = StepState.DONE if given else StepState.DECLINED
    word = {"given": "yes" if given else "no"}
    await end_step(a.uow, a.deps.clock, a.visit, a.step, state, word)
    a.gone.extend(await consents.take_consent(a.uow, a.deps, a.visit, topic, given=given))
    await publish_visit(a.uow, a.visit)


async def _camera(a: Answering) -> None:
    ok = a.flag("ok")
    outcome = {"ok": "yes" if ok else "no", "facing": str(a.given.get("facing", ""))[:20]}
    state = StepState.DONE if ok else StepState.FAILED
    await end_step(a.uow, a.deps.clock, a.visit, a.step, state, outcome)


async def _seen(a: Answering) -> None:
    await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.DONE, {"result": "seen"})


async def _pad(a: Answering) -> CounterError | None:
    purpose = a.step.params.get("purpose", "")
    match purpose:
        case "msisdn":
            await _number(a)
            return None
        case "sms_code" | "contact_code" | "new_contact_code":
            return await guess_code(a, purpose)
        case _:
            raise InvalidInput("an order's step", field="step", reason="choice")


async def _number(a: Answering) -> None:
    number = parse_msisdn(a.digits(), "answer.digits")
    await numbers.take_number(a.uow, a.deps, a.visit, number)
    outcome = {"digits": mask_msisdn(number)}
    await end_step(a.uow, a.deps.clock, a.visit, a.step, StepState.DONE, outcome)
    await publish_visit(a.uow, a.visit)


async def _not_by_hand(a: Answering) -> None:
    raise InvalidInput("answered by itself", field="step", reason="choice")


_ANSWERS: dict[StepKind, Handler] = {
    StepKind.CONSENT: _consent,
    StepKind.CAMERA: _camera,
    StepKind.NUMBER_PAD: _pad,
    StepKind.SHOW: _seen,
    StepKind.MESSAGE: _seen,
    StepKind.FACE: _not_by_hand,
    StepKind.CARD_FRONT: _not_by_hand,
    StepKind.CARD_BACK: _not_by_hand,
    StepKind.CARD_TILT: _not_by_hand,
    StepKind.CONFIRM: _not_by_hand,
    StepKind.SIGN: _not_by_hand,
    StepKind.PAY: _not_by_hand,
    StepKind.PHOTO: _not_by_hand,
}
