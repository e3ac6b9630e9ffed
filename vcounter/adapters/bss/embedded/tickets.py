"""The operator's cases about a number. What they are about is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vcounter.adapters.bss.embedded.store import Row, Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.services.ports import OperatorTicket

MAX_TICKETS = 50


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A case to open. `no` names it for ever; `made_by` is a command's key or somebody's name."""

    no: str
    kind: str
    state: str
    title: str
    opened_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    detail: str = field(default="", repr=False)
    made_by: str = "hall"


async def add_ticket(store: Store, vault: Vault, msisdn: str, new: NewTicket) -> None:
    """Keep it within the caller's transaction; a `no` that is there already stays as it is."""
    await store.run(
        "INSERT INTO tickets (no, sub, kind, state, title, opened_at, due_at, closed_at, detail,"
        " made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO NOTHING",
        (
            new.no,
            vault.name(msisdn),
            new.kind,
            new.state,
            vault.seal(new.title, f"tickets.title/{new.no}"),
            new.opened_at.isoformat(),
            new.due_at.isoformat() if new.due_at else None,
            new.closed_at.isoformat() if new.closed_at else None,
            vault.seal(new.detail, f"tickets.detail/{new.no}"),
            new.made_by,
        ),
    )


async def end_ticket(store: Store, no: str, state: str, now: datetime) -> None:
    """Close a case as `state` says, within the caller's transaction."""
    await store.run(
        "UPDATE tickets SET state = ?, closed_at = ? WHERE no = ?", (state, now.isoformat(), no)
    )


async def tickets_of(store: Store, vault: Vault, msisdn: str) -> Sequence[OperatorTicket]:
    """A number's cases, newest first, MAX_TICKETS at most."""
    async with store.transaction():
        rows = await store.all(
            "SELECT * FROM tickets WHERE sub = ? ORDER BY opened_at DESC, no DESC LIMIT ?",
            (vault.name(msisdn), MAX_TICKETS),
        )
    return [_ticket(row, vault) for row in rows]


def _ticket(row: Row, vault: Vault) -> OperatorTicket:
    return OperatorTicket(
        no=row["no"],
        kind=row["kind"],
        state=row["state"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        due_at=datetime.fromisoformat(row["due_at"]) if row["due_at"] else None,
        title=vault.text(row["title"], f"tickets.title/{row['no']}"),
    )
