"""A photo of an error screen or a device: kept like every picture, no evidence of anything."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from tests.fakes.identity_world import IdentityWorld
from tests.fakes.order_world import SCOPE
from vcounter.domain.errors import (
    ImageUnusable,
    InvalidInput,
    MediaUnavailable,
    NotFound,
    PayloadTooLarge,
    StepGone,
)
from vcounter.domain.ids import PartyId, VisitId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.services.context import CustomerCaller
from vcounter.services.identity.decide_identity import view_image
from vcounter.services.identity.presence import looks_away
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.ports import ImageRow
from vcounter.services.visits import guide
from vcounter.services.visits.agent_view import agent_view
from vcounter.services.visits.answers import answer
from vcounter.services.visits.customer_view import customer_view

HOME = "28.2282 N"


def photo(width: int = 64, height: int = 48) -> bytes:
    """As a phone writes it, with a note of where it was taken, lying on its side."""
    noted = Image.Exif()
    noted[0x010E] = HOME  # ImageDescription
    noted[0x0112] = 6  # Orientation: turn right
    file = io.BytesIO()
    Image.new("RGB", (width, height), (40, 90, 160)).save(file, "JPEG", exif=noted)
    return file.getvalue()


async def push(world: IdentityWorld, what: str = "device") -> Step:
    return await world.push(StepKind.PHOTO, {"what": what})


async def send(world: IdentityWorld, step: Step, still: bytes | None = None) -> None:
    await take_picture(world.deps, world.customer, step.id, photo() if still is None else still)


async def images(world: IdentityWorld) -> list[ImageRow]:
    async with world.deps.db.read(SCOPE) as uow:
        return list(await uow.images.of_visit(world.visit_id))


async def now(world: IdentityWorld, step: Step) -> Step:
    async with world.deps.db.read(SCOPE) as uow:
        return await uow.steps.get(step.id)


async def desk(world: IdentityWorld) -> dict[str, Any]:
    return await agent_view(world.deps, world.agent, world.visit_id)


async def test_a_photo_ends_its_step_and_is_on_the_desk_at_once(checked: IdentityWorld) -> None:
    step = await push(checked, "error_screen")

    await send(checked, step)

    ended, [row] = await now(checked, step), await images(checked)
    assert ended.state is StepState.DONE
    assert (row.kind, row.expires_at > checked.clock.now()) == ("photo", True)
    [shown] = (await desk(checked))["photos"]
    assert (shown["id"], shown["what"]) == (row.id, "error_screen")
    assert await checked.events("photo") == [shown]


async def test_only_the_desk_is_told_of_a_photo(checked: IdentityWorld) -> None:
    await send(checked, await push(checked))

    async with checked.deps.db.read(None) as uow:
        [told] = [r for r in await uow.outbox.pending() if r.kind == "photo"]
    assert told.audience == ("agent",)
    assert "photos" not in await customer_view(checked.deps, checked.customer)


async def test_what_the_phone_noted_is_not_kept(checked: IdentityWorld) -> None:
    assert HOME.encode() in photo()
    await send(checked, await push(checked))

    [row] = await images(checked)
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)
    kept = await view_image(checked.deps, checked.agent, visit, row.id)
    with Image.open(io.BytesIO(kept)) as opened:
        assert not opened.getexif()
        assert opened.size == (row.width, row.height) == (48, 64), "upright"
    assert HOME.encode() not in kept
    stored = [f for f in (checked.folder / "blobs").rglob("*") if f.is_file()]
    assert stored
    assert not [f for f in stored if kept[:64] in f.read_bytes()], "encrypted"


async def test_looking_at_a_photo_is_audited_and_stays_within_its_visit(
    checked: IdentityWorld,
) -> None:
    await send(checked, await push(checked))
    [row] = await images(checked)
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)

    await view_image(checked.deps, checked.agent, visit, row.id)
    visit.id = VisitId("vis_other")
    with pytest.raises(NotFound):
        await view_image(checked.deps, checked.agent, visit, row.id)

    async with checked.deps.db.read(SCOPE) as uow:
        lines = [(line.actor, line.verb) for _, line in await uow.audit.of_object(row.id)]
    assert lines == [
        (checked.customer.party.id, "image.send"),
        (checked.agent.id, "image.view"),
    ]


async def test_a_photo_is_no_evidence_and_is_compared_with_nothing(
    checked: IdentityWorld,
) -> None:
    before = await checked.identity()
    asked = checked.stream.asked

    await send(checked, await push(checked))

    assert await checked.identity() == before
    assert checked.stream.asked == asked
    assert checked.lab.compared == []


@pytest.mark.parametrize("still", [b"", b"GIF89a" + b"\0" * 99, b"\xff\xd8\xff cut short"])
async def test_what_is_no_picture_is_refused_and_the_step_stays(
    checked: IdentityWorld, still: bytes
) -> None:
    step = await push(checked)

    with pytest.raises(ImageUnusable):
        await send(checked, step, still)

    assert (await now(checked, step)).state is StepState.PUSHED
    assert await images(checked) == []


async def test_a_photo_that_is_too_large_is_not_even_opened(checked: IdentityWorld) -> None:
    step = await push(checked)
    checked.lab.down = True

    with pytest.raises(PayloadTooLarge):
        await send(checked, step, photo() + b"\0" * checked.deps.policy.max_image_bytes)

    assert (await now(checked, step)).state is StepState.PUSHED


async def test_while_no_worker_opens_it_nothing_is_kept(checked: IdentityWorld) -> None:
    step = await push(checked)
    checked.lab.down = True

    with pytest.raises(MediaUnavailable):
        await send(checked, step)

    assert (await now(checked, step)).state is StepState.PUSHED
    assert await images(checked) == []


async def test_a_late_photo_is_nobodys(checked: IdentityWorld) -> None:
    """Withdrawn, replaced, or sent a second time."""
    withdrawn = await push(checked)
    await guide.cancel(checked.deps, checked.agent, checked.visit_id, withdrawn.id)
    replaced, taken = await push(checked), await push(checked)
    await send(checked, taken)

    for step in (withdrawn, replaced, taken):
        with pytest.raises(StepGone):
            await send(checked, step)

    assert len(await images(checked)) == 1


async def test_a_step_that_ends_while_the_photo_is_opened_keeps_nothing(
    checked: IdentityWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = await push(checked)
    opening = checked.lab.open_picture

    async def slow(still: bytes) -> object:
        await guide.cancel(checked.deps, checked.agent, checked.visit_id, step.id)
        return await opening(still)

    monkeypatch.setattr(checked.lab, "open_picture", slow)

    with pytest.raises(StepGone):
        await send(checked, step)

    assert await images(checked) == []
    assert (await desk(checked))["photos"] == []


async def test_another_visits_step_takes_no_photo(checked: IdentityWorld) -> None:
    step = await push(checked)
    mine = checked.customer.party
    stranger = replace(mine, id=PartyId("pty_other"), visit_id=VisitId("vis_other"))

    with pytest.raises(StepGone):
        await take_picture(checked.deps, CustomerCaller(stranger), step.id, photo())

    assert await images(checked) == []


async def test_a_photo_is_no_answer_and_may_be_declined(checked: IdentityWorld) -> None:
    step = await push(checked)
    with pytest.raises(InvalidInput):
        await answer(checked.deps, checked.customer, step.id, {"taken": True})

    await answer(checked.deps, checked.customer, step.id, {"declined": True})

    assert (await now(checked, step)).state is StepState.DECLINED


async def test_what_is_photographed_is_one_of_the_known(checked: IdentityWorld) -> None:
    with pytest.raises(InvalidInput):
        await push(checked, "bank_card")


async def test_nobody_is_missed_before_the_camera_while_it_looks_at_the_router(
    checked: IdentityWorld,
) -> None:
    step = await push(checked)
    assert looks_away([step])

    await send(checked, step)

    assert not looks_away([await now(checked, step)])


async def test_each_photo_of_a_visit_stays_on_the_desk(checked: IdentityWorld) -> None:
    for what in ("device", "device", "other"):
        checked.clock.move(seconds=1)
        await send(checked, await push(checked, what))

    assert [p["what"] for p in (await desk(checked))["photos"]] == ["device", "device", "other"]
