"""账单查询与讲解: up to three months' bills, line by line; issues them when their day comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.bills import Bill, bills_of, issue_due
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The bills that were asked for and are there, in the order asked; `all_there` if none is
    missing."""

    bills: tuple[Bill, ...]
    all_there: bool


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> object:
    there = {bill.month: bill for bill in await bills_of(books.store, record.sub)}
    months: Sequence[str] = [m for m in inputs.get("months", "").split(",") if m]
    wanted = months or list(there)[:1]
    found = tuple(there[month] for month in wanted if month in there)
    return _Wanted(found, bool(found) and len(found) == len(wanted))


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (Check("bill_issued", asked.read_as(_Wanted).all_there),)


def _facts(asked: Asked) -> Values:
    return {"months": ",".join(bill.month for bill in asked.read_as(_Wanted).bills)}


async def _apply(_: Books, asked: Asked) -> Values:
    bills = asked.read_as(_Wanted).bills
    said = [
        {"month": bill.month, "lines": [[x.no, x.kind, x.amount_fen] for x in bill.lines]}
        for bill in bills
    ]
    return {"months": ",".join(b.month for b in bills), "bills": json.dumps(said)}


async def _due(books: Books, now: datetime, zone: ZoneInfo) -> int:
    return await issue_due(books.store, books.vault, now, zone)


BUSINESS = Business(
    id="query_bill",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    changes=False,
    due=_due,
)
