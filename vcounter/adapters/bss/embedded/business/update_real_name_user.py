"""副卡使用人/实名补登: another person is registered as the user of a number, after 72 hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, bump
from vcounter.adapters.bss.embedded.holders import (
    MAX_NUMBERS,
    document_name,
    numbers_of,
    sealed_person,
    user_document,
)
from vcounter.adapters.bss.embedded.record import ACTIVE, Record, load
from vcounter.services.ports import Check

HELD = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class _Found:
    """The second holder as the operator knows them."""

    second: Record | None
    is_other: bool = False
    is_user_already: bool = False
    numbers: int = 0


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> _Found:
    second = await load(books.store, books.vault, inputs.get("second_msisdn", ""))
    if second is None or second.is_closed:
        return _Found(None)
    theirs = document_name(books.vault, second.person)
    return _Found(
        second=second,
        is_other=theirs != document_name(books.vault, record.person),
        is_user_already=theirs == await user_document(books.store, record.sub),
        numbers=len(await numbers_of(books.store, books.vault, theirs)),
    )


def _checks(asked: Asked) -> tuple[Check, ...]:
    found = asked.read_as(_Found)
    known = found.second is not None
    return (
        Check("is_active", asked.record.state(asked.now) == ACTIVE),
        Check("second_known", known),
        Check("other_person", not known or found.is_other),
        Check("not_user_already", not found.is_user_already),
        Check("under_five_numbers", found.numbers < MAX_NUMBERS),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    """Filing again takes the place of what waits."""
    store, sub, second = books.store, asked.record.sub, asked.read_as(_Found).second
    assert second is not None
    due = (asked.now + HELD).isoformat()
    await store.run(
        "UPDATE user_changes SET ended_at = ?, outcome = 'refiled'"
        " WHERE sub = ? AND ended_at IS NULL",
        (asked.now.isoformat(), sub),
    )
    await store.run(
        "INSERT INTO user_changes (made_by, sub, document_name, person, due_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            asked.key,
            sub,
            document_name(books.vault, second.person),
            sealed_person(books.vault, second.person, asked.key),
            due,
        ),
    )
    return {"held_until": due}


async def _due(books: Books, now: datetime, _: ZoneInfo) -> int:
    """The 72 hours are over: the user's record is the new one."""
    store, at = books.store, now.isoformat()
    rows = await store.all(
        "SELECT * FROM user_changes WHERE ended_at IS NULL AND due_at <= ?", (at,)
    )
    for row in rows:
        await store.run(
            "INSERT INTO users (sub, document_name, person, since, made_by) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (sub) DO UPDATE SET document_name = excluded.document_name,"
            " person = excluded.person, since = excluded.since, made_by = excluded.made_by",
            (row["sub"], row["document_name"], row["person"], at, row["made_by"]),
        )
        await store.run(
            "UPDATE user_changes SET ended_at = ?, outcome = 'done' WHERE made_by = ?",
            (at, row["made_by"]),
        )
        await bump(store, row["sub"])
    return len(rows)


BUSINESS = Business(
    id="update_real_name_user",
    checks=_checks,
    apply=_apply,
    read=_read,
    effective_from=lambda asked: asked.now + HELD,
    due=_due,
)
