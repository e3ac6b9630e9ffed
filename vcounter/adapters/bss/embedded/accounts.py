"""Money: what a number has or owes, and every movement of it.

A movement takes from one account and gives to another in one transaction of the caller's, so the
sum of all balances never changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.business.base import bump
from vcounter.adapters.bss.embedded.store import Store

# The house's own accounts.
REVENUE, CASH, BANK = "revenue", "cash", "bank"
_HOUSE = (REVENUE, CASH, BANK)
TRUSTED_CLASSES = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Account:
    """One number's money. `held_fen` is what it disputes: owed by the bill, not demanded."""

    sub: str
    balance_fen: int
    held_fen: int
    credit_class: str
    cycle_day: int
    paid_by_other: bool

    @property
    def arrears_fen(self) -> int:
        """What must be paid to owe nothing; never what is in dispute."""
        return max(0, -self.balance_fen - self.held_fen)


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the ledger, `amount_fen` above nothing. `made_by` is a command's key or
    somebody at the operator."""

    at: datetime
    kind: str
    source: str
    target: str
    amount_fen: int
    made_by: str


async def open_account(
    store: Store, sub: str, *, credit_class: str, cycle_day: int, paid_by_other: bool
) -> bool:
    """Give a number an account with nothing in it; False if it has one."""
    for house in _HOUSE:
        await store.run(
            "INSERT INTO accounts (account) VALUES (?) ON CONFLICT DO NOTHING", (house,)
        )
    return bool(
        await store.run(
            "INSERT INTO accounts (account, sub, credit_class, cycle_day, paid_by_other)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (sub, sub, credit_class, cycle_day, int(paid_by_other)),
        )
    )


async def account_of(store: Store, sub: str) -> Account | None:
    row = await store.one("SELECT * FROM accounts WHERE sub = ?", (sub,))
    if row is None:
        return None
    held = await store.one(
        "SELECT COALESCE(SUM(amount_fen), 0) AS fen FROM disputes"
        " WHERE sub = ? AND withdrawn_at IS NULL",
        (sub,),
    )
    assert held is not None
    return Account(
        sub,
        row["balance_fen"],
        held["fen"],
        row["credit_class"],
        row["cycle_day"],
        bool(row["paid_by_other"]),
    )


async def move(store: Store, *movements: Movement) -> None:
    """Write entries and the balances of all accounts they touch."""
    entry = "(?, ?, ?, ?, ?, ?)"
    await store.run(
        "INSERT INTO ledger (at, kind, source, target, amount_fen, made_by)"  # noqa: S608 - places only
        f" VALUES {', '.join([entry] * len(movements))}",
        [
            value
            for m in movements
            for value in (m.at.isoformat(), m.kind, m.source, m.target, m.amount_fen, m.made_by)
        ],
    )
    changes: Counter[str] = Counter()
    for m in movements:
        changes[m.source] -= m.amount_fen
        changes[m.target] += m.amount_fen
    for account, change in changes.items():
        await store.run(
            "UPDATE accounts SET balance_fen = balance_fen + ? WHERE account = ?", (change, account)
        )


async def pay_in(store: Store, sub: str, amount_fen: int, key: str, now: datetime) -> bool:
    """Take a payment in; the debt's stop, and only that one, is lifted once nothing is owed.

    Returns whether it was lifted. A grant that let the number work meanwhile is over then.
    """
    await move(store, Movement(now, "payment", CASH, sub, amount_fen, key))
    await bump(store, sub)
    account = await account_of(store, sub)
    assert account is not None
    if account.arrears_fen:
        return False
    await store.run(
        "UPDATE grants SET ended_at = ? WHERE sub = ? AND ended_at IS NULL", (now.isoformat(), sub)
    )
    return bool(await store.run("DELETE FROM stops WHERE sub = ? AND reason = 'debt'", (sub,)))


async def spend(store: Store, sub: str, amount_fen: int, now: datetime) -> None:
    """Charge usage as the network reports it. A grant ends when its cap is spent."""
    await move(store, Movement(now, "usage", sub, REVENUE, amount_fen, "network"))
    await store.run(
        "UPDATE grants SET spent_fen = spent_fen + ? WHERE sub = ? AND ended_at IS NULL",
        (amount_fen, sub),
    )
    over = await store.run(
        "UPDATE grants SET ended_at = ? WHERE sub = ? AND ended_at IS NULL"
        " AND spent_fen >= cap_fen",
        (now.isoformat(), sub),
    )
    if over:
        await bump(store, sub)
