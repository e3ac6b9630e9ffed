"""A still from the customer's page: card, face while the challenge runs, signature, photo."""

from __future__ import annotations

from vcounter.domain.errors import StepGone
from vcounter.domain.ids import StepId
from vcounter.domain.steps import StepKind
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity.face_still import take_face_still
from vcounter.services.identity.take_card import take_card
from vcounter.services.orders.signature import take_signature
from vcounter.services.visits.photo import take_photo


async def take_picture(deps: Deps, caller: CustomerCaller, step_id: StepId, still: bytes) -> None:
    """Judge one still for the step that is up, by the step's kind.

    Raises StepGone, PayloadTooLarge, ImageUnusable, MediaUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        step = await uow.steps.get(step_id)
    if step.visit_id != caller.party.visit_id:
        raise StepGone("another visit's step")
    match step.kind:
        case StepKind.SIGN:
            await take_signature(deps, caller, step_id, still)
        case StepKind.FACE:
            await take_face_still(deps, caller, step_id, still)
        case StepKind.PHOTO:
            await take_photo(deps, caller, step_id, still)
        case _:
            await take_card(deps, caller, step_id, still)
