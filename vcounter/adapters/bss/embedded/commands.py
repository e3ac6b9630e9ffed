"""What the operator keeps of each command: its outcome once, by the caller's key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.business.base import Books, Original, Values
from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.store import Row
from vcounter.services.ports import BssCommand, BssResult

PAGE_OPEN = timedelta(minutes=15)


def fingerprint(books: Books, command: BssCommand) -> str:
    """What a key stands for. The secret is left out: a retry without it finds the outcome."""
    said = [command.action_id, command.msisdn, command.version, sorted(command.inputs.items())]
    if command.part or command.reverses:
        said += [command.part, command.reverses]
    return books.vault.name(json.dumps(said))


async def find(books: Books, key: str) -> Row | None:
    """The settled command of a key."""
    return await books.store.one("SELECT * FROM commands WHERE key = ?", (key,))


async def find_page(books: Books, key: str) -> Row | None:
    """The page that a command waits on."""
    return await books.store.one("SELECT * FROM pages WHERE key = ?", (key,))


def result_of(row: Row) -> BssResult:
    return BssResult(bool(row["done"]), row["reason"], row["version"], json.loads(row["result"]))


def original_of(row: Row) -> Original:
    return Original(row["key"], datetime.fromisoformat(row["at"]), json.loads(row["result"]))


async def keep(
    books: Books,
    command: BssCommand,
    record: Record | None,
    result: BssResult,
    now: datetime,
    *,
    action_id: str,
) -> BssResult:
    """Store an outcome under its key; `action_id` tells parts and reversals from the main one."""
    card = record.card if record else None
    await books.store.run(
        "INSERT INTO commands (key, sub, action_id, fingerprint, done, reason, version, result,"
        " at, card_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            command.idempotency_key,
            books.vault.name(command.msisdn),
            action_id,
            fingerprint(books, command),
            int(result.done),
            result.reason,
            result.version,
            json.dumps(dict(result.values)),
            now.isoformat(),
            card.card_id if card else None,
        ),
    )
    return result


async def open_page(
    books: Books, command: BssCommand, record: Record, values: Mapping[str, str], now: datetime
) -> BssResult:
    """Let the command wait for the customer on a page of the operator's own.

    The token in its address is unguessable and stored as a keyed hash only.
    """
    token = secrets.token_urlsafe(24)
    key = command.idempotency_key
    inputs = json.dumps({"msisdn": command.msisdn, **command.inputs}, ensure_ascii=False)
    await books.store.run(
        'INSERT INTO pages (key, token, sub, action_id, fingerprint, inputs, "values", opened_at,'
        " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            books.vault.name(token),
            record.sub,
            command.action_id,
            fingerprint(books, command),
            books.vault.seal(inputs, f"pages.inputs/{key}"),
            json.dumps(dict(values)),
            now.isoformat(),
            (now + PAGE_OPEN).isoformat(),
        ),
    )
    return BssResult(False, "", record.version, values, pending=True, page=f"/pay/{token}")


async def close_page(
    books: Books, page: Row, record: Record, now: datetime, *, reason: str, values: Values
) -> BssResult:
    """The page is over: done (`reason` empty) or not; stored as the command's outcome."""
    result = BssResult(not reason, reason, record.version, values)
    await books.store.run("DELETE FROM pages WHERE key = ?", (page["key"],))
    await books.store.run(
        "INSERT INTO closed_pages (token, reason, at) VALUES (?, ?, ?)",
        (page["token"], reason, now.isoformat()),
    )
    await books.store.run(
        "INSERT INTO commands (key, sub, action_id, fingerprint, done, reason, version, result,"
        " at, card_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            page["key"],
            page["sub"],
            page["action_id"],
            page["fingerprint"],
            int(result.done),
            reason,
            result.version,
            json.dumps(dict(values)),
            now.isoformat(),
        ),
    )
    return result
