"""Cards on their way: ordered, not active, and void again if nobody activates them in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.cards import NewCard, add_card
from vcounter.adapters.bss.embedded.store import Row, Store
from vcounter.adapters.bss.embedded.vault import Vault

# A card by post is in nobody's hand before the next day, one at a hall within the hour.
READY_AFTER = {"post": timedelta(hours=24), "hall": timedelta(hours=1)}
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SimOrder:
    """A card to make and send. `address` is where to, or the hall's code."""

    sub: str
    delivery: str
    address: str = field(repr=False)
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A card that was ordered and is not active yet."""

    made_by: str
    card_id: str
    iccid: str = field(repr=False)
    ready_at: datetime


async def order_card(
    store: Store, vault: Vault, order: SimOrder, *, made_by: str, iccid: str | None = None
) -> NewCard:
    """Make a card that does not work yet, within the caller's transaction."""
    card = await add_card(store, vault, order.sub, iccid=iccid, status="issued")
    await store.run(
        "INSERT INTO sim_orders (made_by, sub, card_id, delivery, address, ready_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            made_by,
            order.sub,
            card.card_id,
            order.delivery,
            vault.seal(order.address, f"sim_orders.address/{made_by}"),
            order.ready_at.isoformat(),
            (order.ready_at + KEPT).isoformat(),
        ),
    )
    return card


async def on_its_way(store: Store, vault: Vault, sub: str) -> OnItsWay | None:
    """The card of a number that waits for its activation."""
    row = await store.one(
        "SELECT sim_orders.*, cards.iccid FROM sim_orders JOIN cards USING (card_id)"
        " WHERE sim_orders.sub = ? AND ended_at IS NULL",
        (sub,),
    )
    return None if row is None else _opened(row, vault)


def _opened(row: Row, vault: Vault) -> OnItsWay:
    iccid = vault.text(row["iccid"], f"cards.iccid/{row['card_id']}")
    return OnItsWay(row["made_by"], row["card_id"], iccid, datetime.fromisoformat(row["ready_at"]))


async def end_order(store: Store, made_by: str, outcome: str, now: datetime) -> None:
    """It is activated, cancelled or expired; unless activated the card is void."""
    if outcome != "activated":
        await store.run(
            "UPDATE cards SET status = 'void' WHERE status = 'issued' AND card_id IN"
            " (SELECT card_id FROM sim_orders WHERE made_by = ?)",
            (made_by,),
        )
    await store.run(
        "UPDATE sim_orders SET ended_at = ?, outcome = ? WHERE made_by = ? AND ended_at IS NULL",
        (now.isoformat(), outcome, made_by),
    )


async def expired_orders(store: Store, now: datetime) -> list[tuple[str, str]]:
    """(order, number) of the cards that nobody activated in time."""
    rows = await store.all(
        "SELECT made_by, sub FROM sim_orders WHERE ended_at IS NULL AND expires_at <= ?",
        (now.isoformat(),),
    )
    return [(row["made_by"], row["sub"]) for row in rows]
