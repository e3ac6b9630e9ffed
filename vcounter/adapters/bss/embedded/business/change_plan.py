"""套餐变更: another plan from the next billing cycle on; taken back until then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.cycles import next_cycle
from vcounter.adapters.bss.embedded.plans import (
    LinePlan,
    Plan,
    is_eligible,
    line_plan,
    make_due_changes,
    plan_by_code,
)
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    line: LinePlan
    target: Plan | None


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> _Found:
    target = await plan_by_code(books, inputs.get("target_plan", ""))
    return _Found(await line_plan(books, record), target)


def _checks(asked: Asked) -> tuple[Check, ...]:
    found, record = asked.read_as(_Found), asked.record
    line, target = found.line, found.target
    birth = date.fromisoformat(record.person.birth)
    locked = line.bound_until is not None and line.bound_until >= asked.today
    return (
        not_lost(asked),
        Check("no_debt_stop", "debt" not in record.stops),
        Check("no_open_order", not record.open_orders),
        Check("plan_known", line.plan is not None and target is not None),
        Check("other_plan", target is None or target != line.plan),
        Check("plan_eligible", target is None or is_eligible(target, line, birth, asked.today)),
        Check("no_contract_lock", not locked),
        Check("no_pending_change", line.pending is None),
    )


def _effective(asked: Asked) -> datetime:
    return next_cycle(asked.now, asked.zone)


def _facts(asked: Asked) -> Values:
    found = asked.read_as(_Found)
    old, new = found.line.plan, found.target
    if old is None or new is None:
        return {}
    return {
        "from_zh": old.zh,
        "from_en": old.en,
        "to_zh": new.zh,
        "to_en": new.en,
        "fee_before_fen": str(old.fee_fen),
        "data_more": str(new.data_mb - old.data_mb),
        "minutes_more": str(new.minutes - old.minutes),
        "texts_more": str(new.texts - old.texts),
        "contract_months": str(new.contract_months),
    }


async def _apply(books: Books, asked: Asked) -> Values:
    target = asked.read_as(_Found).target
    assert target is not None
    effective = _effective(asked).isoformat()
    await books.store.run(
        "INSERT INTO plan_changes (made_by, sub, code, ordered_at, effective_at, state)"
        " VALUES (?, ?, ?, ?, ?, 'pending')",
        (asked.key, asked.record.sub, target.code, asked.now.isoformat(), effective),
    )
    return {**_facts(asked), "effective_at": effective, "undo_until": effective}


def _may_withdraw(asked: Asked) -> tuple[Check, ...]:
    pending = asked.read_as(_Found).line.pending
    assert asked.original is not None
    waits = pending is not None and (
        pending.made_by == asked.original.key and pending.effective_at > asked.now
    )
    return (not_lost(asked), Check("change_pending", waits))


async def _withdraw(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    await books.store.run(
        "UPDATE plan_changes SET state = 'withdrawn' WHERE made_by = ? AND state = 'pending'",
        (asked.original.key,),
    )
    return {}


def _price(asked: Asked) -> int:
    target = asked.read_as(_Found).target
    return target.fee_fen if target is not None else 0


BUSINESS = Business(
    id="change_plan",
    checks=_checks,
    apply=_apply,
    read=_read,
    price_fen=_price,
    effective_from=_effective,
    facts=_facts,
    undo=Undo(_may_withdraw, _withdraw),
    due=make_due_changes,
)
