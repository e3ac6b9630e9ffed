"""套餐余量查询: what is left of the plan in this cycle, and when it starts anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.add_ons import AddOn, add_ons_of
from vcounter.adapters.bss.embedded.allowances import allowances_of, open_due_cycles
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, not_lost
from vcounter.adapters.bss.embedded.cycles import next_cycle
from vcounter.adapters.bss.embedded.plans import LinePlan, line_plan, plan_by_code
from vcounter.adapters.bss.embedded.record import ACTIVE, Record
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    line: LinePlan
    add_ons: tuple[AddOn, ...]


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    return _Found(await line_plan(books, record), await add_ons_of(books, record.sub))


def _checks(asked: Asked) -> tuple[Check, ...]:
    has_plan = asked.read_as(_Found).line.plan is not None
    in_use = asked.record.state(asked.now) == ACTIVE
    return (not_lost(asked), Check("plan_active", has_plan and in_use))


async def _apply(books: Books, asked: Asked) -> Values:
    """`services` names the value-added services that are on, so that one can be cancelled next."""
    found = asked.read_as(_Found)
    line = found.line
    assert line.plan is not None
    left = await allowances_of(books, asked.record.sub, line.plan, asked.now, asked.zone)
    values = {
        "plan_zh": line.plan.zh,
        "plan_en": line.plan.en,
        "reset_on": next_cycle(asked.now, asked.zone).isoformat(),
        "services": ",".join(a.code for a in found.add_ons if a.state != "ended"),
    }
    for allowance in left:
        values[f"{allowance.kind}_left"] = str(allowance.left)
        values[f"{allowance.kind}_all"] = str(allowance.included)
    if line.pending is not None:
        coming = await plan_by_code(books, line.pending.code)
        assert coming is not None
        values |= {"next_plan_zh": coming.zh, "next_plan_en": coming.en}
    return values


BUSINESS = Business(
    id="query_allowance",
    checks=_checks,
    apply=_apply,
    read=_read,
    changes=False,
    due=open_due_cycles,
)
