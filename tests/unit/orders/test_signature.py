"""An order that is signed: the picture is kept like evidence, then the order goes on by itself."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.fakes.actions import change_action
from tests.fakes.order_world import SCOPE, OrderWorld
from vcounter.domain.errors import ImageUnusable, PayloadTooLarge, StepGone
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.services.identity.evidence import read_image
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.orders.signature import MAX_BYTES, size_of


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2) -> bytes:
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(min(height, 99)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg() -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 20, 30) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame + b"\xff\xda\x00\x02ab\xff\xd9"


@pytest.fixture(autouse=True)
def signs(monkeypatch: pytest.MonkeyPatch) -> None:
    change_action(monkeypatch, "suspend_service", signs=True)


async def sign(world: OrderWorld, picture: bytes | None = None) -> None:
    step = await world.step()
    await take_picture(world.deps, world.customer, step.id, png() if picture is None else picture)


async def test_signing_follows_the_yes_and_the_order_goes_on(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")
    await world.spawner.run()
    step = await world.step()
    assert step.kind is StepKind.SIGN
    assert (await world.order(order_id)).state is OrderState.CONFIRMED

    await sign(world)
    await world.spawner.run()

    order = await world.order(order_id)
    assert order.state is OrderState.SUCCEEDED
    assert order.signature_image_id is not None
    async with world.deps.db.read(SCOPE) as uow:
        row = await uow.images.get(order.signature_image_id)
        visit = await uow.visits.get(world.visit_id)
        ended = await uow.steps.get(step.id)
        lines = await uow.audit.of_object(order_id)
    assert ended.state is StepState.DONE
    assert (row.kind, row.width, row.height) == ("signature", 3, 2)
    assert row.expires_at > world.clock.now()
    assert await read_image(world.deps, visit, row) == png()
    [signed] = [line for _, line in lines if line.verb == "order.signature"]
    assert signed.detail["sha256"] == row.sha256


@pytest.mark.parametrize(
    "picture",
    [b"", b"GIF89a", png()[:-1], png()[:-5] + b"xxxxx", png(0, 5), png(5000, 5), jpeg()[:-2]],
)
async def test_what_is_no_whole_picture_is_refused(world: OrderWorld, picture: bytes) -> None:
    order_id = await world.confirm("suspend_service")

    with pytest.raises(ImageUnusable):
        await sign(world, picture)

    assert (await world.order(order_id)).signature_image_id is None
    assert (await world.step()).kind is StepKind.SIGN


async def test_signature_has_a_bounded_size(world: OrderWorld) -> None:
    await world.confirm("suspend_service")

    with pytest.raises(PayloadTooLarge):
        await sign(world, png() + b"\0" * MAX_BYTES)


def test_size_is_read_from_a_jpeg_too() -> None:
    assert size_of(jpeg()) == (30, 20)


async def test_order_is_signed_once(world: OrderWorld) -> None:
    await world.confirm("suspend_service")
    step = await world.step()
    await sign(world)

    with pytest.raises(StepGone):
        await take_picture(world.deps, world.customer, step.id, png())


async def test_unsigned_order_is_never_sent_and_its_field_comes_back(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")
    await settle_orders(world.deps, min_age_s=0)
    assert (await world.order(order_id)).state is OrderState.CONFIRMED
    async with world.deps.db.write(SCOPE) as uow:
        step = await uow.steps.current(world.visit_id)
        assert step is not None
        step.finish(StepState.CANCELLED, world.clock.now())
        await uow.steps.save(step)

    assert (await world.present(order_id)).kind is StepKind.SIGN


async def test_customer_may_refuse_to_sign(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")

    await world.answer(declined=True)

    assert (await world.order(order_id)).state is OrderState.CANCELLED
    assert await world.state() == "ACTIVE"
