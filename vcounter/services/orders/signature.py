"""The customer's signature: drawn on the screen, kept like evidence; then the order goes on."""

from __future__ import annotations

import zlib

from vcounter.domain.errors import ImageUnusable, PayloadTooLarge, StepGone
from vcounter.domain.ids import StepId
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind, StepState
from vcounter.services.context import CustomerCaller, Deps
from vcounter.services.identity.evidence import store_picture
from vcounter.services.orders.commit_order import submit_order
from vcounter.services.orders.order_events import tell
from vcounter.services.orders.order_guard import order_step, require_customer
from vcounter.services.orders.stages import go_on, waits_for
from vcounter.services.ports import AuditLine
from vcounter.services.visits.steps import end_step

MAX_BYTES = 512 * 1024
MAX_SIDE = 4096
_PNG = b"\x89PNG\r\n\x1a\n"


async def take_signature(
    deps: Deps, caller: CustomerCaller, step_id: StepId, picture: bytes
) -> None:
    """Keep the signature, end its step and let the order go on, in one transaction.

    A PNG or JPEG of at most 512 KiB and 4,096 points a side. Its hash stands in the audit log.
    Raises StepGone, VisitGone, PayloadTooLarge, ImageUnusable; then nothing was changed.
    """
    if len(picture) > MAX_BYTES:
        raise PayloadTooLarge(limit_bytes=MAX_BYTES)
    size = size_of(picture)
    if size is None or not all(1 <= side <= MAX_SIDE for side in size):
        raise ImageUnusable("no picture", reason="other")
    async with deps.db.read(caller.scope) as uow:
        _, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(order.visit_id)
        require_customer(visit, order, caller)
    row = await store_picture(deps, visit, "signature", picture, size=size)
    async with deps.db.write(caller.scope) as uow:
        step, order = await order_step(uow, caller, step_id)
        visit = await uow.visits.get(order.visit_id)
        require_customer(visit, order, caller)
        ready = order.state is OrderState.CONFIRMED and waits_for(order) == "signature"
        if step.kind is not StepKind.SIGN or not ready:
            raise StepGone("nothing to sign")
        await uow.images.add(row)
        order.signature_image_id = row.id
        await uow.orders.save(order)
        signed = {"result": "signed", "image_id": row.id}
        await end_step(uow, deps.clock, visit, step, StepState.DONE, signed)
        subject = deps.keys.blind_index(order.msisdn)
        detail = {"image": row.id, "sha256": row.sha256}
        await uow.audit.write(
            AuditLine(caller.party.id, "order.signature", order.id, subject, detail)
        )
        await tell(uow, deps, visit, order, caller.party.id, "order.sign")
        go = await go_on(uow, deps, visit, order, "system")
    if go:
        deps.spawn(submit_order(deps, caller.scope, order.id), f"submit {order.id}")


def size_of(picture: bytes) -> tuple[int, int] | None:
    """Width and height of a whole PNG or JPEG; None for anything else, or one cut short."""
    if picture.startswith(_PNG):
        return _png_size(picture)
    if picture.startswith(b"\xff\xd8") and picture.rstrip(b"\0").endswith(b"\xff\xd9"):
        return _jpeg_size(picture)
    return None


def _png_size(picture: bytes) -> tuple[int, int] | None:
    """Every chunk whole, by its check sum, from IHDR to IEND (PNG 3rd ed. §5)."""
    at, size, drawn = len(_PNG), None, False
    while at + 12 <= len(picture):
        length = int.from_bytes(picture[at : at + 4], "big")
        kind, end = picture[at + 4 : at + 8], at + 12 + length
        if end > len(picture):
            return None
        if zlib.crc32(picture[at + 4 : end - 4]) != int.from_bytes(picture[end - 4 : end], "big"):
            return None
        if size is None:
            if kind != b"IHDR" or length != 13:
                return None
            width, height = picture[at + 8 : at + 12], picture[at + 12 : at + 16]
            size = (int.from_bytes(width, "big"), int.from_bytes(height, "big"))
        drawn = drawn or kind == b"IDAT"
        if kind == b"IEND":
            return size if drawn and end == len(picture) else None
        at = end
    return None


def _jpeg_size(picture: bytes) -> tuple[int, int] | None:
    """From the frame header (ITU-T T.81 §B.2.2)."""
    at = 2
    while at + 9 < len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height = int.from_bytes(picture[at + 5 : at + 7], "big")
            return int.from_bytes(picture[at + 7 : at + 9], "big"), height
        at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    return None
