"""销户申请: stops the number at once and closes it for good 72 hours later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded import direct_debits
from vcounter.adapters.bss.embedded.accounts import (
    BANK,
    Account,
    Movement,
    account_of,
    move,
)
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    bump,
    no_other_stop,
)
from vcounter.adapters.bss.embedded.cards import void_cards
from vcounter.adapters.bss.embedded.care import keep_profile, profile_of, stop_asking
from vcounter.adapters.bss.embedded.closings import REMOTELY, is_bound, no_arrears, rule_is_on
from vcounter.adapters.bss.embedded.record import Record, load, load_sub
from vcounter.adapters.bss.embedded.sim_orders import end_order, on_its_way
from vcounter.services.ports import Check

HELD = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class _Found:
    bound: bool
    remotely: bool
    account: Account | None


async def _read(books: Books, record: Record, _: object, now: datetime) -> _Found:
    store, sub = books.store, record.sub
    return _Found(
        bound=await is_bound(store, sub, now.date()),
        remotely=await rule_is_on(store, REMOTELY),
        account=await account_of(store, sub),
    )


def _checks(asked: Asked) -> tuple[Check, ...]:
    found, record = asked.read_as(_Found), asked.record
    other = asked.inputs.get("refund_to", "")
    return (
        Check("closing_allowed_here", found.remotely),
        *no_other_stop(asked),
        no_arrears(found.account),
        Check("no_contract", not found.bound),
        Check("no_open_order", not record.open_orders),
        Check("other_refund", other != record.person.msisdn),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    sub, store = asked.record.sub, books.store
    now, due = asked.now.isoformat(), (asked.now + HELD).isoformat()
    to = books.vault.seal(asked.inputs.get("refund_to", ""), f"closings.refund_to/{asked.key}")
    await store.run(
        "INSERT INTO closings (made_by, sub, due_at, refund, refund_to) VALUES (?, ?, ?, ?, ?)",
        (asked.key, sub, due, asked.inputs.get("refund", ""), to),
    )
    await store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by)"
        " VALUES (?, 'closing', ?, ?, ?)",
        (sub, now, now, asked.key),
    )
    return {"undo_until": due}


def _undo_checks(asked: Asked) -> tuple[Check, ...]:
    original = asked.original
    assert original is not None
    in_time = asked.now < original.at + HELD
    return (Check("closing_not_over", asked.record.is_closing and in_time),)


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    await books.store.run(
        "DELETE FROM stops WHERE sub = ? AND reason = 'closing'", (asked.record.sub,)
    )
    await _end(books, asked.original.key, "undone", asked.now)
    return {}


async def _end(books: Books, key: str, outcome: str, now: datetime) -> None:
    await books.store.run(
        "UPDATE closings SET ended_at = ?, outcome = ? WHERE made_by = ? AND ended_at IS NULL",
        (now.isoformat(), outcome, key),
    )


async def _due(books: Books, now: datetime, _: ZoneInfo) -> int:
    """The time for taking back is over: the number is closed, no card of it works any more."""
    rows = await books.store.all(
        "SELECT made_by, sub FROM closings WHERE ended_at IS NULL AND due_at <= ?",
        (now.isoformat(),),
    )
    for row in rows:
        await _close(books, row["sub"], row["made_by"], now)
    return len(rows)


async def _close(books: Books, sub: str, key: str, now: datetime) -> None:
    store = books.store
    card = await on_its_way(store, books.vault, sub)
    if card is not None:
        await end_order(store, card.made_by, "cancelled", now)
    await void_cards(store, sub)
    await store.run("DELETE FROM stops WHERE sub = ?", (sub,))
    at = now.isoformat()
    await store.run(
        "INSERT INTO stops (sub, reason, since, starts_at, ordered_by)"
        " VALUES (?, 'closed', ?, ?, ?)",
        (sub, at, at, key),
    )
    for table in ("reminders", "notices"):
        await store.run(
            f"UPDATE {table} SET cancelled_at = ?"  # noqa: S608 - one of two names above
            " WHERE sub = ? AND sent_at IS NULL AND cancelled_at IS NULL",
            (at, sub),
        )
    await store.run("DELETE FROM users WHERE sub = ?", (sub,))
    await store.run(
        "UPDATE user_changes SET ended_at = ?, outcome = 'closed'"
        " WHERE sub = ? AND ended_at IS NULL",
        (at, sub),
    )
    await store.run(
        "UPDATE hall_bookings SET cancelled_at = ? WHERE sub = ? AND cancelled_at IS NULL",
        (at, sub),
    )
    profile = await profile_of(books, sub)
    if profile is not None:
        await stop_asking(books, profile.made_by, now)
        await keep_profile(books, sub, None)
    await direct_debits.end(store, sub, key, now)
    await _refund(books, sub, key, now)
    await _end(books, key, "closed", now)
    await bump(store, sub)


async def _payable(books: Books, number: str, closed: str) -> str | None:
    """The account of the number that money goes to; None for one that is not, or not much longer,
    anybody's. What a test number held is no real number's."""
    other = await load(books.store, books.vault, number)
    mine = await load_sub(books.store, books.vault, closed)
    if other is None or mine is None or other.test is not mine.test:
        return None
    if other.is_closed or other.is_closing or await account_of(books.store, other.sub) is None:
        return None
    return other.sub


async def _refund(books: Books, sub: str, key: str, now: datetime) -> None:
    """What is left goes where the customer said: to a number of ours, else out through the bank."""
    account = await account_of(books.store, sub)
    if account is None or account.balance_fen <= 0:
        return
    row = await books.store.one("SELECT * FROM closings WHERE made_by = ?", (key,))
    assert row is not None
    target = BANK
    if row["refund"] == "number":
        to = books.vault.text(row["refund_to"], f"closings.refund_to/{key}")
        other = await _payable(books, to, sub)
        if other is not None:
            target = other
            await bump(books.store, other)
    await move(books.store, Movement(now, "refund", sub, target, account.balance_fen, key))


BUSINESS = Business(
    id="terminate_service",
    checks=_checks,
    apply=_apply,
    read=_read,
    effective_from=lambda asked: asked.now + HELD,
    undo=Undo(_undo_checks, _undo),
    due=_due,
)
