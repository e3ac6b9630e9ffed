"""A full-size still of the face, sent during the challenge: for the agent's eyes and re-enrolment.

It never takes the place of the server's own frames: what decides comes from the stream.
"""

from __future__ import annotations

from vcounter.domain.errors import ImageUnusable, MediaUnavailable, PayloadTooLarge, StepGone
from vcounter.domain.identity import Outcome
from vcounter.domain.ids import StepId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity.evidence import publish_identity, store_picture
from vcounter.services.ports import AuditLine, FaceStill, ImageRow, UnitOfWork
from vcounter.services.visits.on_behalf import on_behalf_of

KEYFRAME_WAIT_S = 1.5
STREAM_DIFFERS = "stream_differs"


async def take_face_still(
    deps: Deps, caller: CustomerCaller, step_id: StepId, still: bytes
) -> None:
    """Keep one still for the challenge that is up, if the stream shows the same at this moment.

    The challenge goes on either way. A second one for the same step is accepted and not kept.
    Raises StepGone, PayloadTooLarge, ImageUnusable, MediaUnavailable when the laboratory is silent.
    """
    if len(still) > deps.policy.max_image_bytes:
        raise PayloadTooLarge("image", limit_bytes=deps.policy.max_image_bytes)
    async with deps.db.read(caller.scope) as uow:
        visit, step = await _challenge(uow, caller, step_id)
        if await _kept(uow, visit, step):
            return
    with on_behalf_of(visit.id):
        report = await _inspect(deps, visit, still)
    if report.outcome is not Outcome.PASSED or report.agrees is not True:
        reason = report.reason or STREAM_DIFFERS
        raise ImageUnusable(reason, reason=reason)
    size = (report.width, report.height)
    image = await store_picture(deps, visit, "face_still", report.jpeg, size=size)
    async with deps.db.write(caller.scope) as uow:
        visit, step = await _challenge(uow, caller, step_id)
        await uow.images.add(image)
        await uow.audit.write(AuditLine(caller.party.id, "image.send", image.id))
        await publish_identity(uow, deps, visit)


async def _inspect(deps: Deps, visit: Visit, still: bytes) -> FaceStill:
    try:
        frame = await deps.media.keyframe(visit.id, "customer", KEYFRAME_WAIT_S)
    except (TimeoutError, MediaUnavailable):
        frame = None
    return await deps.lab.inspect_face(still, frame)


async def _challenge(
    uow: UnitOfWork, caller: CustomerCaller, step_id: StepId
) -> tuple[Visit, Step]:
    visit = await uow.visits.get(caller.party.visit_id)
    step = await uow.steps.get(step_id)
    if step.visit_id != visit.id or step.state is not StepState.PUSHED:
        raise StepGone(state=step.state.value)
    if step.kind is not StepKind.FACE:
        raise StepGone("not a face step", state=step.kind.value)
    return visit, step


async def _kept(uow: UnitOfWork, visit: Visit, step: Step) -> ImageRow | None:
    images = await uow.images.of_visit(visit.id)
    found = (i for i in images if i.kind == "face_still" and i.at >= step.pushed_at)
    return next(found, None)
