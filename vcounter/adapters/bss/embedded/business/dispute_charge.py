"""费用争议受理: one item of a bill is held and becomes a case with a day to call back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.bills import BillLine, bills_of
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Undo, Values
from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.tickets import NewTicket, add_ticket, end_ticket
from vcounter.services.ports import Check

CALL_BACK_WITHIN = timedelta(days=3)
_TITLES = {
    "plan": "套餐费",
    "calls": "通话费",
    "data": "流量费",
    "messages": "短信费",
    "vas": "增值业务费",
    "discount": "优惠",
}


@dataclass(frozen=True, slots=True)
class _Item:
    """The item that is named, if it is on a bill, and what the number disputes now: under which
    command's key which item of which month is held."""

    line: BillLine | None
    held: Mapping[str, tuple[str, int]]


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> object:
    month, no = inputs.get("month", ""), int(inputs.get("item", "0"))
    bill = next((b for b in await bills_of(books.store, record.sub) if b.month == month), None)
    rows = await books.store.all(
        "SELECT made_by, month, item FROM disputes WHERE sub = ? AND withdrawn_at IS NULL",
        (record.sub,),
    )
    held = {r["made_by"]: (str(r["month"]), int(r["item"])) for r in rows}
    return _Item(bill.line(no) if bill else None, held)


def _checks(asked: Asked) -> tuple[Check, ...]:
    item = asked.read_as(_Item)
    named = (asked.inputs.get("month", ""), int(asked.inputs.get("item", "0")))
    return (
        Check("item_on_bill", item.line is not None),
        Check("item_is_charge", item.line is not None and item.line.amount_fen > 0),
        Check("item_not_disputed", named not in item.held.values()),
    )


def _facts(asked: Asked) -> Values:
    line = asked.read_as(_Item).line
    call_back = (asked.now + CALL_BACK_WITHIN).isoformat()
    if line is None:
        return {"call_back_on": call_back}
    return {"call_back_on": call_back, "kind": line.kind, "amount_fen": str(line.amount_fen)}


async def _apply(books: Books, asked: Asked) -> Values:
    line = asked.read_as(_Item).line
    assert line is not None
    number, month = ticket_no(asked.key), asked.inputs["month"]
    await books.store.run(
        "INSERT INTO disputes (made_by, ticket_no, sub, month, item, amount_fen, opened_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            asked.key,
            number,
            asked.record.sub,
            month,
            line.no,
            line.amount_fen,
            asked.now.isoformat(),
        ),
    )
    new = NewTicket(
        no=number,
        kind="dispute",
        state="open",
        title=f"费用争议 {month} 第{line.no}项 {_TITLES[line.kind]} {line.amount_fen / 100:.2f}元",
        opened_at=asked.now,
        due_at=asked.now + CALL_BACK_WITHIN,
        detail=f"{asked.inputs['reason']} {asked.inputs.get('note', '')}".strip(),
        made_by=asked.key,
    )
    await add_ticket(books.store, books.vault, asked.record.person.msisdn, new)
    return {**_facts(asked), "ticket_no": number}


def ticket_no(key: str) -> str:
    """Twelve digits that a customer can write down; the same for the same command."""
    return f"15{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**10:010d}"


async def _withdraw(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    await books.store.run(
        "UPDATE disputes SET withdrawn_at = ? WHERE made_by = ?",
        (asked.now.isoformat(), asked.original.key),
    )
    number = asked.original.values["ticket_no"]
    await end_ticket(books.store, number, "withdrawn", asked.now)
    return {"ticket_no": number}


def _may_withdraw(asked: Asked) -> tuple[Check, ...]:
    key = asked.original.key if asked.original else ""
    return (Check("dispute_open", key in asked.read_as(_Item).held),)


BUSINESS = Business(
    id="dispute_charge",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    undo=Undo(_may_withdraw, _withdraw),
)
