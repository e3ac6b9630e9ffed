"""联系方式更新: at once where the old contact agreed by a code, else after seven days' notice.

That the numbers confirmed their codes is the counter's to see to; the old contact is told in any
case and can object while the change can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    bump,
    not_lost,
)
from vcounter.adapters.bss.embedded.cards import CONTACT_CHANGED, note_risk
from vcounter.adapters.bss.embedded.notices import Notice, add_notice
from vcounter.adapters.bss.embedded.record import Person, Record, load_sub
from vcounter.adapters.bss.embedded.store import Row
from vcounter.domain.ids import Msisdn
from vcounter.domain.msisdn import mask_msisdn
from vcounter.services.ports import Check

NOTICE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Reach:
    """How the holder is reached beside the number itself."""

    contact: str | None
    address: str


@dataclass(frozen=True, slots=True)
class _Found:
    waiting: bool  # another change of this number waits for its day
    standing: frozenset[str]  # the commands of its changes that were not taken back


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    rows = await books.store.all(
        "SELECT made_by, state FROM contact_changes WHERE sub = ? AND state != 'undone'"
        " ORDER BY rowid",
        (record.sub,),
    )
    newest = rows[-1:]  # an older one is not put back over a newer
    return _Found(
        waiting=any(row["state"] == "waiting" for row in rows),
        standing=frozenset(str(row["made_by"]) for row in newest),
    )


def _now(record: Record) -> _Reach:
    return _Reach(record.person.alternate_contact, record.person.address)


def _wanted(asked: Asked) -> _Reach:
    now = _now(asked.record)
    contact = asked.inputs.get("new_contact") or now.contact
    return _Reach(contact, asked.inputs.get("new_address") or now.address)


def _effective(asked: Asked) -> datetime:
    """A change of contact that the old one did not confirm waits; all else is at once."""
    now, new = _now(asked.record), _wanted(asked)
    unheard = asked.inputs.get("old_reachable", "yes") != "yes"
    waits = now.contact is not None and now.contact != new.contact and unheard
    return asked.now + NOTICE if waits else asked.now


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (
        not_lost(asked),
        Check("contact_differs", _wanted(asked) != _now(asked.record)),
        Check("other_contact", _wanted(asked).contact != asked.record.person.msisdn),
        Check("no_waiting_change", not asked.read_as(_Found).waiting),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    record, effective = asked.record, _effective(asked)
    was, new = _now(record), _wanted(asked)
    until = asked.now + NOTICE
    at_once = effective <= asked.now
    await books.store.run(
        "INSERT INTO contact_changes (made_by, sub, was, becomes, effective_at, undo_until, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            record.sub,
            _seal(books, asked.key, "was", was),
            _seal(books, asked.key, "becomes", new),
            effective.isoformat(),
            until.isoformat(),
            "done" if at_once else "waiting",
        ),
    )
    if at_once:
        await _write(books, record, new)
        await note_risk(books.store, record.sub, CONTACT_CHANGED, asked.now)
    if was.contact is not None and was.contact != new.contact:
        await _tell_old(books, asked, was.contact)
    return {"undo_until": until.isoformat(), "at_once": "yes" if at_once else "no"}


async def _tell_old(books: Books, asked: Asked, contact: str) -> None:
    who = mask_msisdn(asked.record.person.msisdn)
    text = (
        f"【远程营业厅】{who}的机主刚把预留联系人从您换成别人。如果不是机主本意, "
        f"请7天内联系我们。 The holder of {who} replaced you as their contact. If that was not "
        "their wish, call us within 7 days."
    )
    notice = Notice(
        f"contact-{asked.key}", asked.record.sub, "contact_notice", asked.now, Msisdn(contact), text
    )
    await add_notice(books.store, books.vault, notice)


def _seal(books: Books, key: str, column: str, reach: _Reach) -> bytes:
    text = json.dumps(asdict(reach), ensure_ascii=False)
    return books.vault.seal(text, f"contact_changes.{column}/{key}")


def _open(books: Books, row: Row, column: str) -> _Reach:
    place = f"contact_changes.{column}/{row['made_by']}"
    return _Reach(**json.loads(books.vault.text(row[column], place)))


async def _write(books: Books, record: Record, reach: _Reach) -> None:
    person: Person = replace(record.person, alternate_contact=reach.contact, address=reach.address)
    await books.store.run(
        "UPDATE subscribers SET person = ? WHERE sub = ?",
        (books.vault.seal(person.dump(), f"subscribers.person/{record.sub}"), record.sub),
    )


async def _due(books: Books, now: datetime, _: ZoneInfo) -> int:
    """What waited seven days without being taken back. Safe to repeat."""
    rows = await books.store.all(
        "SELECT * FROM contact_changes WHERE state = 'waiting' AND effective_at <= ?",
        (now.isoformat(),),
    )
    for row in rows:
        record = await load_sub(books.store, books.vault, row["sub"])
        assert record is not None
        await _write(books, record, _open(books, row, "becomes"))
        await note_risk(books.store, record.sub, CONTACT_CHANGED, now)
        await books.store.run(
            "UPDATE contact_changes SET state = 'done' WHERE made_by = ?", (row["made_by"],)
        )
        await bump(books.store, row["sub"])
    return len(rows)


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    standing = asked.original.key in asked.read_as(_Found).standing
    return (
        not_lost(asked),
        Check("not_changed_since", standing),
        Check("within_seven_days", asked.now < asked.original.at + NOTICE),
    )


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    row = await books.store.one(
        "SELECT * FROM contact_changes WHERE made_by = ?", (asked.original.key,)
    )
    assert row is not None
    if row["state"] == "done":
        await _write(books, asked.record, _open(books, row, "was"))
    await books.store.run(
        "UPDATE contact_changes SET state = 'undone' WHERE made_by = ?", (row["made_by"],)
    )
    return {}


BUSINESS = Business(
    id="update_contact",
    checks=_checks,
    apply=_apply,
    read=_read,
    effective_from=_effective,
    facts=lambda asked: {"had_contact": "yes" if _now(asked.record).contact else "no"},
    undo=Undo(_may_undo, _undo),
    due=_due,
)
