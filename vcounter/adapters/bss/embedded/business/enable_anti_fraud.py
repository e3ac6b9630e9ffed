"""防诈防骚扰开通: a guard against nuisance calls, with a relative who is told once they agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.guards import (
    Guard,
    ask_contact,
    guard_of,
    lapse_due_questions,
    open_contact,
    seal_contact,
    set_guard,
    withdraw_question,
)
from vcounter.adapters.bss.embedded.plans import LinePlan, line_plan
from vcounter.adapters.bss.embedded.record import ACTIVE, Record
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    guard: Guard
    line: LinePlan


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    return _Found(await guard_of(books, record.sub), await line_plan(books, record))


def _wanted(asked: Asked) -> Guard:
    """A relative who has agreed need not be asked again."""
    old = asked.read_as(_Found).guard
    contact = asked.inputs.get("alert_contact", "")
    level = asked.inputs.get("level", "low")
    if not contact:
        return Guard(level, made_by=asked.key)
    known = old.contact == contact and old.contact_state == "agreed"
    return Guard(level, contact, "agreed" if known else "asked", asked.key)


def _checks(asked: Asked) -> tuple[Check, ...]:
    found, new = asked.read_as(_Found), _wanted(asked)
    old, plan = found.guard, found.line.plan
    same = (old.level, old.contact) == (new.level, new.contact)
    return (
        not_lost(asked),
        Check("is_active", asked.record.state(asked.now) == ACTIVE),
        Check("line_supported", plan is not None and plan.guarded),
        Check("other_contact", new.contact != asked.record.person.msisdn),
        Check("guard_differs", not same),
    )


def _facts(asked: Asked) -> Values:
    return {"contact_state": _wanted(asked).contact_state}


async def _apply(books: Books, asked: Asked) -> Values:
    old, new, sub = asked.read_as(_Found).guard, _wanted(asked), asked.record.sub
    await books.store.run(
        "INSERT INTO guard_changes (made_by, sub, was_level, was_contact, was_contact_state, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            sub,
            old.level,
            seal_contact(books, sub, old.contact),
            old.contact_state,
            asked.now.isoformat(),
        ),
    )
    if old.contact_state == "asked":
        await withdraw_question(books, old.made_by, asked.now)
    await set_guard(books, sub, new)
    if new.contact_state == "asked":
        await ask_contact(books, asked.record, new.contact, asked.key, asked.now)
    return _facts(asked)


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    mine = asked.read_as(_Found).guard.made_by == asked.original.key
    return (not_lost(asked), Check("not_changed_since", mine))


async def _undo(books: Books, asked: Asked) -> Values:
    """The guard as it was; a relative who had not agreed then is not asked again."""
    assert asked.original is not None
    sub, key = asked.record.sub, asked.original.key
    row = await books.store.one("SELECT * FROM guard_changes WHERE made_by = ?", (key,))
    assert row is not None
    await withdraw_question(books, key, asked.now)
    agreed = row["was_contact_state"] == "agreed"
    contact = open_contact(books, sub, row["was_contact"]) if agreed else ""
    state = "agreed" if agreed else "none"
    await set_guard(books, sub, Guard(row["was_level"], contact, state, asked.key))
    return {}


BUSINESS = Business(
    id="enable_anti_fraud",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    undo=Undo(_may_undo, _undo),
    due=lapse_due_questions,
)
