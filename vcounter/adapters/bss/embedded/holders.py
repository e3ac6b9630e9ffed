"""Which numbers belong to one document, held or used; found by a keyed hash of the document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vcounter.adapters.bss.embedded.record import Person, Record, load_sub
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault

MAX_NUMBERS = 5  # real-name rule: one document, five numbers of one operator
MAX_LISTED = 50


@dataclass(frozen=True, slots=True)
class Mine:
    """One number of a person: held by them, or used by them while another person holds it."""

    record: Record = field(repr=False)
    held: bool


def document_name(vault: Vault, person: Person) -> str:
    """A document in indexes; its number does not tell."""
    return vault.name(f"document/{person.document_type}/{person.document_number.upper()}")


async def note_holder(store: Store, vault: Vault, sub: str, person: Person) -> None:
    """Index who holds a number, within the caller's transaction."""
    await store.run(
        "INSERT INTO holders (sub, document_name) VALUES (?, ?)"
        " ON CONFLICT (sub) DO UPDATE SET document_name = excluded.document_name",
        (sub, document_name(vault, person)),
    )


async def index_holders(store: Store, vault: Vault) -> int:
    """Index the numbers of a file that was made before there was an index. Safe to repeat."""
    async with store.transaction():
        rows = await store.all(
            "SELECT sub, person FROM subscribers WHERE sub NOT IN (SELECT sub FROM holders)"
        )
        for row in rows:
            opened = vault.open(row["person"], f"subscribers.person/{row['sub']}")
            await note_holder(store, vault, row["sub"], Person(**json.loads(opened)))
    return len(rows)


async def numbers_of(store: Store, vault: Vault, document: str) -> Sequence[Mine]:
    """Every number of a document that is not closed, oldest first, MAX_LISTED at most."""
    rows = await store.all(
        "SELECT sub, 1 AS held FROM holders WHERE document_name = ?"
        " UNION ALL SELECT sub, 0 FROM users WHERE document_name = ? LIMIT ?",
        (document, document, MAX_LISTED),
    )
    found = []
    for row in rows:
        record = await load_sub(store, vault, row["sub"])
        if record is not None and not record.is_closed:
            found.append(Mine(record, bool(row["held"])))
    return sorted(found, key=lambda m: (not m.held, m.record.person.opened_on, m.record.sub))


async def user_document(store: Store, sub: str) -> str:
    """The document of who is registered as a number's user; empty when it is the holder."""
    row = await store.one("SELECT document_name FROM users WHERE sub = ?", (sub,))
    return str(row["document_name"]) if row else ""


def sealed_person(vault: Vault, person: Person, key: str) -> bytes:
    """Who a user is, sealed for the change that a command made."""
    said = {
        "name": person.name,
        "document_type": person.document_type,
        "document_number": person.document_number,
        "msisdn": person.msisdn,
    }
    return vault.seal(json.dumps(said, ensure_ascii=False), f"users.person/{key}")


def months_before(today: datetime, months: int) -> str:
    """The day so many months ago, as `opened_on` is written; the 31st counts as the 28th."""
    index = today.year * 12 + today.month - 1 - months
    return f"{index // 12:04d}-{index % 12 + 1:02d}-{min(today.day, 28):02d}"
