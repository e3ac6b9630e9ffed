"""The money of the fictitious subscribers: an account, a year of bills, payments that fit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta

from vcounter.adapters.bss.embedded.accounts import CASH, REVENUE, Movement, move, open_account
from vcounter.adapters.bss.embedded.bills import (
    KEPT_MONTHS,
    add_bills,
    issue_day,
    last_billed,
    make_bill,
    months_before,
)
from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.adapters.bss.embedded.people import DemoPerson

UNPAID_IN_DEBT = 2
_CLASSES = {5: "A", 4: "A", 3: "B", 2: "B", 1: "C"}


async def seed_money(bss: EmbeddedBss, demo: DemoPerson, *, in_debt: bool | None = None) -> bool:
    """Give a number its account, its last twelve bills and what was paid for them; False if it has
    an account. The same number gets the same.

    Who is stopped for debt has not paid the last two bills; one in ten of the others owes the last
    one and is not stopped yet. `in_debt` says whether or not, and False that nothing is owed.
    A second number is paid for by somebody else's account.
    """
    msisdn = demo.person.msisdn
    dice = random.Random(f"money {msisdn}")  # noqa: S311 - invented money, nothing secret
    late = dice.random() < 0.1 and in_debt is None
    if in_debt is None:
        in_debt = demo.case == "suspended_for_debt"
    unpaid = UNPAID_IN_DEBT if in_debt else int(late)
    spare_fen = dice.randrange(500, 12_000)
    cycle_day = dice.randrange(1, 6)
    trusted = _CLASSES.get(demo.person.stars, "C")
    if not in_debt and demo.person.stars < 2 and dice.random() < 0.3:
        trusted = "D"
    sub, now = bss.vault.name(msisdn), bss.clock.now()
    newest = last_billed(now.astimezone(bss.zone).date(), cycle_day)
    bills = [
        (
            make_bill(msisdn, demo.person.plan, month),
            datetime.combine(issue_day(month, cycle_day), time(), bss.zone).astimezone(UTC),
        )
        for month in months_before(newest, KEPT_MONTHS)
    ]
    async with bss.store.transaction() as store:
        if not await open_account(
            store,
            sub,
            credit_class=trusted,
            cycle_day=cycle_day,
            paid_by_other=demo.case == "two_numbers_second",
        ):
            return False
        await add_bills(store, sub, bills)
        movements = [
            Movement(at, "bill", sub, REVENUE, bill.total_fen, f"bill {bill.month}")
            for bill, at in bills
        ]
        movements += [
            Movement(min(at + timedelta(days=2), now), "payment", CASH, sub, bill.total_fen, "seed")
            for bill, at in bills[: KEPT_MONTHS - unpaid]
        ]
        if not unpaid:
            movements.append(Movement(now, "payment", CASH, sub, spare_fen, "seed"))
        await move(store, *movements)
    return True
