"""A photo of something at the customer's: an error screen, a router's lights. No evidence of who
they are: it is looked at by people alone and compared with nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vcounter.domain.errors import PayloadTooLarge, StepGone
from vcounter.domain.ids import StepId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity.evidence import store_picture
from vcounter.services.ports import AuditLine, ImageRow
from vcounter.services.views import iso
from vcounter.services.visits.answers import current_step
from vcounter.services.visits.on_behalf import on_behalf_of
from vcounter.services.visits.steps import end_step

PHOTO: Final = "photo"


async def take_photo(deps: Deps, caller: CustomerCaller, step_id: StepId, still: bytes) -> None:
    """Keep one photo for the step that is up, which ends, and show it to the agent at once.

    It is written anew, without what the phone noted in it, and kept like every picture: encrypted,
    with an expiry date. Raises StepGone, PayloadTooLarge, ImageUnusable, MediaUnavailable when no
    worker opens it; then nothing was kept and the step stays up.
    """
    if len(still) > deps.policy.max_image_bytes:
        raise PayloadTooLarge("image", limit_bytes=deps.policy.max_image_bytes)
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        _require_photo(await current_step(uow, visit, step_id))
    with on_behalf_of(visit.id):
        picture = await deps.lab.open_picture(still)
    size = (picture.width, picture.height)
    row = await store_picture(deps, visit, PHOTO, picture.jpeg, size=size)
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        step = await current_step(uow, visit, step_id)
        await uow.images.add(row)
        taken = {"result": "accepted", "image_id": row.id}
        await end_step(uow, deps.clock, visit, step, StepState.DONE, taken)
        await uow.audit.write(AuditLine(caller.party.id, "image.send", row.id, "", {"kind": PHOTO}))
        await uow.outbox.add(visit.id, PHOTO, photo_view(row, step), ("agent",))


def _require_photo(step: Step) -> None:
    if step.kind is not StepKind.PHOTO:
        raise StepGone("not a photo step", state=step.kind.value)


def photo_view(row: ImageRow, step: Step) -> dict[str, object]:
    """A photo as the agent's desk shows it; the picture itself is fetched apart, and audited."""
    return {
        "id": row.id,
        "kind": row.kind,
        "what": step.params["what"],
        "at": iso(row.at),
        "width": row.width,
        "height": row.height,
    }


def photos_of(images: Sequence[ImageRow], steps: Sequence[Step]) -> list[dict[str, object]]:
    """The visit's photos that are still kept, the oldest first."""
    asked = {
        s.outcome["image_id"]: s
        for s in steps
        if s.kind is StepKind.PHOTO and "image_id" in s.outcome
    }
    kept = sorted((i for i in images if i.kind == PHOTO), key=lambda i: (i.at, i.id))
    return [photo_view(i, asked[i.id]) for i in kept if i.id in asked]
