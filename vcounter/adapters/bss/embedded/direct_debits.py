"""Direct debits: the bank that pays a number's bills, under a token in place of the card's number.

The banks are invented, and so are the cards that they know their customers by.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault

BANKS = {
    "harvest": ("丰收样例银行", "Harvest Sample Bank"),
    "river": ("湘江样例银行", "River Sample Bank"),
    "lotus": ("芙蓉样例银行", "Lotus Sample Bank"),
}


@dataclass(frozen=True, slots=True)
class DirectDebit:
    made_by: str
    bank: str
    card_tail: str


async def debit_of(store: Store, vault: Vault, sub: str) -> DirectDebit | None:
    """The agreement that stands."""
    row = await store.one("SELECT * FROM direct_debits WHERE sub = ? AND ended_at IS NULL", (sub,))
    if row is None:
        return None
    tail = vault.text(row["card_tail"], f"direct_debits.card_tail/{row['made_by']}")
    return DirectDebit(row["made_by"], row["bank"], tail)


async def agree(
    store: Store, vault: Vault, sub: str, bank: str, key: str, now: datetime
) -> DirectDebit:
    """Keep what the bank agreed to; its token leaves this table for no one."""
    tail = f"{int(vault.name(f'card {bank} {sub}'), 16) % 10_000:04d}"
    token = secrets.token_urlsafe(24)
    await store.run(
        "INSERT INTO direct_debits (made_by, sub, bank, card_tail, token, agreed_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            key,
            sub,
            bank,
            vault.seal(tail, f"direct_debits.card_tail/{key}"),
            vault.seal(token, f"direct_debits.token/{key}"),
            now.isoformat(),
        ),
    )
    return DirectDebit(key, bank, tail)


async def end(store: Store, sub: str, key: str, now: datetime) -> None:
    """End the agreement that stands; `key` can bring it back."""
    await store.run(
        "UPDATE direct_debits SET ended_at = ?, ended_by = ? WHERE sub = ? AND ended_at IS NULL",
        (now.isoformat(), key, sub),
    )


async def renew(store: Store, sub: str, ended_by: str) -> None:
    """Let an agreement stand again that was ended under this key."""
    await store.run(
        "UPDATE direct_debits SET ended_at = NULL, ended_by = NULL WHERE sub = ? AND ended_by = ?",
        (sub, ended_by),
    )
