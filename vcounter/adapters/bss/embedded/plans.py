"""The plan of a number, and a change of it that waits for the next billing cycle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.allowances import open_cycle
from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.closings import bound_until, note_contract
from vcounter.adapters.bss.embedded.cycles import months_before
from vcounter.adapters.bss.embedded.record import Record, load_sub
from vcounter.adapters.bss.embedded.store import Row

ELDER_AGE = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """One line of the operator's catalogue. `who` may take it: all, elder, second."""

    code: str
    zh: str
    en: str
    fee_fen: int
    data_mb: int
    minutes: int
    texts: int
    contract_months: int
    who: str
    guarded: bool
    forwards: bool


@dataclass(frozen=True, slots=True)
class PlanChange:
    made_by: str
    code: str
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What a number has; `plan` is None for one whose plan the catalogue does not know."""

    plan: Plan | None
    bound_until: date | None = None
    pending: PlanChange | None = None


async def plan_by_code(books: Books, code: str) -> Plan | None:
    row = await books.store.one("SELECT * FROM plans WHERE code = ?", (code,))
    return _plan(row) if row is not None else None


async def line_plan(books: Books, record: Record) -> LinePlan:
    """A number's plan; by the name in the holder's record where nothing else was noted."""
    store, sub = books.store, record.sub
    row = await store.one(
        "SELECT p.* FROM number_plans JOIN plans p USING (code) WHERE sub = ?", (sub,)
    )
    if row is None:
        row = await store.one("SELECT * FROM plans WHERE zh = ?", (record.person.plan,))
    change = await store.one(
        "SELECT * FROM plan_changes WHERE sub = ? AND state = 'pending'", (sub,)
    )
    return LinePlan(
        _plan(row) if row is not None else None,
        await bound_until(store, sub),
        PlanChange(
            change["made_by"], change["code"], datetime.fromisoformat(change["effective_at"])
        )
        if change is not None
        else None,
    )


def is_eligible(plan: Plan, line: LinePlan, birth: date, today: date) -> bool:
    """A second card stays one; elders' plans are for people of 60 and older."""
    second = line.plan is not None and line.plan.who == "second"
    if (plan.who == "second") is not second:
        return False
    return plan.who != "elder" or age(birth, today) >= ELDER_AGE


def age(birth: date, today: date) -> int:
    before = (today.month, today.day) < (birth.month, birth.day)
    return today.year - birth.year - before


async def set_plan(books: Books, sub: str, plan: Plan, since: datetime) -> None:
    """Note what a number has, within the caller's transaction."""
    await books.store.run(
        "INSERT INTO number_plans (sub, code, since) VALUES (?, ?, ?)"
        " ON CONFLICT (sub) DO UPDATE SET code = excluded.code, since = excluded.since",
        (sub, plan.code, since.isoformat()),
    )


async def make_due_changes(books: Books, now: datetime, zone: ZoneInfo) -> int:
    """Put every change into effect whose cycle has come. Safe to repeat."""
    rows = await books.store.all(
        "SELECT * FROM plan_changes WHERE state = 'pending' AND effective_at <= ?"
        " ORDER BY effective_at",
        (now.isoformat(),),
    )
    for row in rows:
        plan = await plan_by_code(books, row["code"])
        record = await load_sub(books.store, books.vault, row["sub"])
        assert plan is not None
        assert record is not None
        begins = datetime.fromisoformat(row["effective_at"])
        await set_plan(books, record.sub, plan, begins)
        if plan.contract_months:
            first = begins.astimezone(zone).date()
            last = months_before(first, -plan.contract_months) - timedelta(days=1)
            await note_contract(books.store, record.sub, last)
        await _rename(books, record, plan)
        await open_cycle(books, record.sub, plan, begins, zone)
        await books.store.run(
            "UPDATE plan_changes SET state = 'done' WHERE made_by = ?", (row["made_by"],)
        )
        await bump(books.store, record.sub)
    return len(rows)


async def _rename(books: Books, record: Record, plan: Plan) -> None:
    """The holder's record and the control question tell the new plan from now on."""
    sub = record.sub
    person = replace(record.person, plan=plan.zh)
    await books.store.run(
        "UPDATE subscribers SET person = ? WHERE sub = ?",
        (books.vault.seal(person.dump(), f"subscribers.person/{sub}"), sub),
    )
    await books.store.run(
        "UPDATE facts SET value = ? WHERE sub = ? AND code = 'monthly_plan'",
        (books.vault.seal(plan.zh, f"facts.value/{sub}/monthly_plan"), sub),
    )


def _plan(row: Row) -> Plan:
    return Plan(
        row["code"],
        row["zh"],
        row["en"],
        row["fee_fen"],
        row["data_mb"],
        row["minutes"],
        row["texts"],
        row["contract_months"],
        row["who"],
        bool(row["guarded"]),
        bool(row["forwards"]),
    )
