"""补换卡: a card that does not work is sent; a later command with its number brings it to life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    bump,
)
from vcounter.adapters.bss.embedded.cards import (
    SWAP_EVERY,
    end_loss,
    is_risky,
    note_swap,
    swapped_since,
)
from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.sim_orders import (
    READY_AFTER,
    OnItsWay,
    SimOrder,
    end_order,
    expired_orders,
    on_its_way,
    order_card,
)
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    card: OnItsWay | None
    swapped: bool
    risky: bool


async def _read(books: Books, record: Record, _: object, now: datetime) -> _Found:
    store = books.store
    return _Found(
        card=await on_its_way(store, books.vault, record.sub),
        swapped=await swapped_since(store, record.sub, now - SWAP_EVERY),
        risky=await is_risky(store, record, now),
    )


def _activates(asked: Asked) -> bool:
    return asked.inputs.get("stage") == "activate"


def _checks(asked: Asked) -> tuple[Check, ...]:
    found, record = asked.read_as(_Found), asked.record
    usable = set(record.reasons(asked.now)) <= {"lost"}
    always = (
        Check("active_or_lost", usable),
        Check("no_swap_in_30_days", not found.swapped),
        Check("risk_check", not found.risky),
    )
    card = found.card
    if not _activates(asked):
        return (*always, Check("no_card_on_its_way", card is None))
    named = card is not None and card.iccid == asked.inputs.get("iccid", "")
    return (
        *always,
        Check("card_ordered", card is not None),
        Check("card_delivered", card is not None and asked.now >= card.ready_at),
        Check("new_card_matches", card is None or named),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    if _activates(asked):
        return await _activate(books, asked)
    record, delivery = asked.record, asked.inputs.get("delivery", "post")
    where = asked.inputs.get("hall", "") if delivery == "hall" else asked.inputs.get("address", "")
    ready = asked.now + READY_AFTER[delivery]
    order = SimOrder(record.sub, delivery, where or record.person.address, ready)
    card = await order_card(books.store, books.vault, order, made_by=asked.key)
    return {"stage": "order", "iccid_tail": card.iccid[-4:], "ready_at": ready.isoformat()}


async def _activate(books: Books, asked: Asked) -> Values:
    """The old card is void, the new one in use, the loss over."""
    card, store, sub = asked.read_as(_Found).card, books.store, asked.record.sub
    assert card is not None
    await store.run("UPDATE cards SET status = 'void' WHERE sub = ? AND status = 'in_use'", (sub,))
    await store.run("UPDATE cards SET status = 'in_use' WHERE card_id = ?", (card.card_id,))
    await end_order(store, card.made_by, "activated", asked.now)
    await note_swap(store, sub, asked.now, asked.key)
    await end_loss(store, sub, asked.now)
    return {"stage": "activate", "iccid_tail": card.iccid[-4:]}


def _undo_checks(asked: Asked) -> tuple[Check, ...]:
    card, original = asked.read_as(_Found).card, asked.original
    assert original is not None
    return (Check("not_activated", card is not None and card.made_by == original.key),)


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    await end_order(books.store, asked.original.key, "cancelled", asked.now)
    return {}


async def _due(books: Books, now: datetime, _: ZoneInfo) -> int:
    """A card that nobody activated in time is void."""
    expired = await expired_orders(books.store, now)
    for made_by, sub in expired:
        await end_order(books.store, made_by, "expired", now)
        await bump(books.store, sub)
    return len(expired)


BUSINESS = Business(
    id="replace_sim",
    checks=_checks,
    apply=_apply,
    read=_read,
    undo=Undo(_undo_checks, _undo),
    due=_due,
)
