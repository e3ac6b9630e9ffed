"""What binds a number to its holder, and what the halls allow, before it may be closed."""

from __future__ import annotations

from datetime import date

from vcounter.adapters.bss.embedded.accounts import Account
from vcounter.adapters.bss.embedded.store import Store
from vcounter.services.ports import Check

REMOTELY = "terminate_remotely"


def no_arrears(account: Account | None) -> Check:
    """Nothing is owed; what is in dispute is not demanded."""
    return Check("no_arrears", account is None or account.arrears_fen == 0)


async def note_contract(store: Store, sub: str, until: date) -> None:
    """Bind a number to the end of a day, within the caller's transaction."""
    await store.run(
        "INSERT INTO number_contracts (sub, until) VALUES (?, ?)"
        " ON CONFLICT (sub) DO UPDATE SET until = excluded.until",
        (sub, until.isoformat()),
    )


async def bound_until(store: Store, sub: str) -> date | None:
    """The last day of a number's contract, even if it is over."""
    row = await store.one("SELECT until FROM number_contracts WHERE sub = ?", (sub,))
    return date.fromisoformat(row["until"]) if row is not None else None


async def is_bound(store: Store, sub: str, today: date) -> bool:
    until = await bound_until(store, sub)
    return until is not None and until >= today


async def set_rule(store: Store, name: str, *, on: bool) -> None:
    """Switch a rule of the halls, within the caller's transaction."""
    await store.run(
        "INSERT INTO hall_rules (name, is_on) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on",
        (name, int(on)),
    )


async def rule_is_on(store: Store, name: str) -> bool:
    """On unless it was switched off."""
    row = await store.one("SELECT is_on FROM hall_rules WHERE name = ?", (name,))
    return row is None or bool(row["is_on"])
