"""Bills: what a month cost, line by line. Issued on the number's cycle day for the month before."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.accounts import BANK, REVENUE, Movement, move
from vcounter.adapters.bss.embedded.business.base import bump
from vcounter.adapters.bss.embedded.record import load_sub
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault

KEPT_MONTHS = 12
_PLAN_FEN = re.compile(r"(\d+)元")


@dataclass(frozen=True, slots=True)
class BillLine:
    """`kind`: plan, calls, data, messages, vas, discount; the last is below nothing."""

    no: int
    kind: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    month: str
    lines: tuple[BillLine, ...]

    @property
    def total_fen(self) -> int:
        return sum(line.amount_fen for line in self.lines)

    def line(self, no: int) -> BillLine | None:
        return next((line for line in self.lines if line.no == no), None)


def months_before(month: str, count: int) -> tuple[str, ...]:
    """The `count` months that end with `month`, oldest first."""
    at = int(month[:4]) * 12 + int(month[5:]) - 1
    return tuple(f"{m // 12}-{m % 12 + 1:02d}" for m in range(at - count + 1, at + 1))


def issue_day(month: str, cycle_day: int) -> date:
    """When a month's bill is due to be issued: on the cycle day of the month after."""
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, cycle_day)


def last_billed(today: date, cycle_day: int) -> str:
    """The newest month whose bill is due to be there."""
    back = 1 if today.day >= cycle_day else 2
    return months_before(f"{today.year}-{today.month:02d}", back + 1)[0]


def make_bill(msisdn: str, plan: str, month: str) -> Bill:
    """What the month came to: the plan's fee, and usage beyond it as it fell for this number."""
    dice = random.Random(f"bill {msisdn} {month}")  # noqa: S311 - invented usage, nothing secret
    fee = _PLAN_FEN.search(plan)
    amounts = [("plan", int(fee.group(1)) * 100 if fee else 1900)]
    if dice.random() < 0.6:
        amounts.append(("calls", dice.randrange(10, 140) * 10))
    if dice.random() < 0.35:
        amounts.append(("data", dice.randrange(1, 6) * 300))
    if dice.random() < 0.3:
        amounts.append(("messages", dice.randrange(1, 12) * 10))
    if random.Random(f"vas {msisdn}").random() < 0.5:  # noqa: S311 - likewise
        amounts.append(("vas", 500))
    if dice.random() < 0.3:
        amounts.append(("discount", -300))
    return Bill(month, tuple(BillLine(no, *one) for no, one in enumerate(amounts, 1)))


async def bills_of(store: Store, sub: str) -> Sequence[Bill]:
    """A number's bills, newest first, KEPT_MONTHS at most."""
    months = await store.all(
        "SELECT month FROM bills WHERE sub = ? ORDER BY month DESC LIMIT ?", (sub, KEPT_MONTHS)
    )
    if not months:
        return ()
    rows = await store.all(
        "SELECT * FROM bill_lines WHERE sub = ? AND month >= ? ORDER BY month, no",
        (sub, months[-1]["month"]),
    )
    return tuple(
        Bill(
            m["month"],
            tuple(
                BillLine(r["no"], r["kind"], r["amount_fen"])
                for r in rows
                if r["month"] == m["month"]
            ),
        )
        for m in months
    )


async def add_bills(store: Store, sub: str, bills: Sequence[tuple[Bill, datetime]]) -> None:
    """Keep bills with the moment each was issued; the money is another matter."""
    await _insert(
        store,
        "bills (sub, month, issued_at, total_fen)",
        [(sub, b.month, at.isoformat(), b.total_fen) for b, at in bills],
    )
    await _insert(
        store,
        "bill_lines (sub, month, no, kind, amount_fen)",
        [(sub, b.month, x.no, x.kind, x.amount_fen) for b, _ in bills for x in b.lines],
    )


async def _insert(store: Store, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    places = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
    sql = f"INSERT INTO {into} VALUES {places}"  # noqa: S608 - names from this module alone
    await store.run(sql, [value for row in rows for value in row])


async def issue_due(store: Store, vault: Vault, now: datetime, zone: ZoneInfo) -> int:
    """Issue last month's bill to every number whose cycle day has come; a direct debit pays it.

    Returns how many were issued. A month already billed is left alone, and so is a closed number:
    what was left of it is gone.
    """
    today = now.astimezone(zone).date()
    accounts = await store.all(
        "SELECT a.sub, a.cycle_day, MAX(b.month) AS newest FROM accounts AS a"
        " LEFT JOIN bills AS b USING (sub) WHERE a.sub IS NOT NULL"
        " AND a.sub NOT IN (SELECT sub FROM stops WHERE reason = 'closed') GROUP BY a.sub"
    )
    issued = 0
    for row in accounts:
        month = last_billed(today, row["cycle_day"])
        if row["newest"] is None or row["newest"] < month:
            await _issue(store, vault, row["sub"], month, now)
            issued += 1
    return issued


async def _issue(store: Store, vault: Vault, sub: str, month: str, now: datetime) -> None:
    record = await load_sub(store, vault, sub)
    assert record is not None
    bill = make_bill(record.person.msisdn, record.person.plan, month)
    await add_bills(store, sub, [(bill, now)])
    made_by = f"bill {month}"
    await move(store, Movement(now, "bill", sub, REVENUE, bill.total_fen, made_by))
    if await store.one("SELECT 1 FROM direct_debits WHERE sub = ? AND ended_at IS NULL", (sub,)):
        await move(store, Movement(now, "debit", BANK, sub, bill.total_fen, made_by))
    await bump(store, sub)
