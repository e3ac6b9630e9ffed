"""A still of the card: judged, compared with the stream of the same seconds, and kept."""

from __future__ import annotations

from typing import Literal

from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import ImageUnusable, MediaUnavailable, PayloadTooLarge, StepGone
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import StepId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity.compare_faces import compare_faces
from vcounter.services.identity.evidence import add_evidence, publish_identity, store_picture
from vcounter.services.identity.read_cards import begin_reading, read_side
from vcounter.services.ports import CardReport, Keyframe
from vcounter.services.visits.on_behalf import on_behalf_of
from vcounter.services.visits.steps import end_step

_SIDES: dict[StepKind, tuple[Literal["front", "back"], EvidenceKind]] = {
    StepKind.CARD_FRONT: ("front", EvidenceKind.CARD_FRONT),
    StepKind.CARD_BACK: ("back", EvidenceKind.CARD_BACK),
}
KEYFRAME_WAIT_S = 2.5
STREAM_TRIES = 3


async def take_card(deps: Deps, caller: CustomerCaller, step_id: StepId, still: bytes) -> None:
    """Judge one still for the step that is up; an accepted one ends the step.

    What the client sends is never trusted alone: the bridge's own frame of the same moment must
    show the same card. No frame, or one in which it cannot be told, counts as `review`, which only
    a referee may decide on. Raises StepGone, PayloadTooLarge, ImageUnusable with what to change,
    MediaUnavailable when the laboratory is silent; the step then stays up.
    """
    if len(still) > deps.policy.max_image_bytes:
        raise PayloadTooLarge("image", limit_bytes=deps.policy.max_image_bytes)
    visit, step = await _current(deps, caller, step_id)
    side, kind = _SIDES[step.kind]
    document = DocumentType(step.params.get("document", DocumentType.RESIDENT_ID))
    with on_behalf_of(visit.id):
        report = await _inspect(deps, visit, side, still, document)
    if report.outcome is Outcome.FAILED or report.agrees is False:
        raise ImageUnusable(report.reason, reason=report.reason or "stream_differs")
    size = (report.width, report.height)
    image = await store_picture(deps, visit, kind.value, report.jpeg, size=size)  # type: ignore[arg-type]  # the two card kinds are image kinds
    pictures = [image]
    if report.portrait:
        pictures.append(await store_picture(deps, visit, "card_portrait", report.portrait))
    outcome = Outcome.PASSED if _is_sure(report) else Outcome.REVIEW
    if side == "front":
        deps.comparing.begin(visit.id)
    try:
        async with deps.db.write(caller.scope) as uow:
            visit = await uow.visits.get(visit.id)
            step = await uow.steps.get(step_id)
            await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": "accepted"})
            for row in pictures:
                await uow.images.add(row)
            await add_evidence(
                uow,
                deps,
                visit,
                kind,
                outcome,
                source=Source.UPLOAD,
                image_id=image.id,
                detail=_detail(report),
            )
            reading = await begin_reading(uow, visit, image, report, document)
            await publish_identity(uow, deps, visit)
    except BaseException:
        if side == "front":
            await deps.comparing.end(visit.id)
        raise
    if side == "front":
        deps.spawn(compare_faces(deps, visit), f"compare faces {visit.id}")
    deps.spawn(read_side(deps, caller.scope, reading), f"read card {image.id}")


async def _inspect(
    deps: Deps,
    visit: Visit,
    side: Literal["front", "back"],
    still: bytes,
    document: DocumentType,
) -> CardReport:
    """Judge the still beside the stream; a frame that tells nothing gets a successor or two.

    Right after the camera was flipped the stream is still coarse.
    """
    for _ in range(STREAM_TRIES - 1):
        frame = await _stream_frame(deps, visit)
        report = await deps.lab.inspect_card(still, side, frame, document)
        if frame is None or report.agrees is not None or report.outcome is Outcome.FAILED:
            return report
    return await deps.lab.inspect_card(still, side, await _stream_frame(deps, visit), document)


async def _current(deps: Deps, caller: CustomerCaller, step_id: StepId) -> tuple[Visit, Step]:
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await uow.steps.get(step_id)
    if step.visit_id != visit.id or step.state is not StepState.PUSHED:
        raise StepGone(state=step.state.value)
    if step.kind not in _SIDES:
        raise StepGone("not a card step", state=step.kind.value)
    return visit, step


async def _stream_frame(deps: Deps, visit: Visit) -> Keyframe | None:
    try:
        return await deps.media.keyframe(visit.id, "customer", KEYFRAME_WAIT_S)
    except (TimeoutError, MediaUnavailable):
        return None


def _is_sure(report: CardReport) -> bool:
    return report.outcome is Outcome.PASSED and report.agrees is True


def _detail(report: CardReport) -> dict[str, str]:
    detail = {name: f"{value:.2f}" for name, value in report.measures.items()}
    agrees = {True: "yes", False: "no", None: "unknown"}[report.agrees]
    return detail | {"agrees_with_stream": agrees, "reason": report.reason}
