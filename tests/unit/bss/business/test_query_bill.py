"""Bills are those of the last twelve months, line by line."""

from __future__ import annotations

import json

from tests.fakes.money_world import NUMBER, MoneyWorld


async def test_the_latest_bill_is_told_when_no_month_is_named(money: MoneyWorld) -> None:
    [latest, *_] = await money.bills()

    values = (await money.run("query_bill")).values

    assert values["months"] == latest.month
    assert json.loads(values["bills"]) == [
        {"month": latest.month, "lines": [[x.no, x.kind, x.amount_fen] for x in latest.lines]}
    ]


async def test_months_come_in_the_order_asked(money: MoneyWorld) -> None:
    bills = await money.bills()
    wanted = f"{bills[5].month},{bills[2].month}"

    values = (await money.run("query_bill", months=wanted)).values

    assert values["months"] == wanted
    assert [bill["month"] for bill in json.loads(values["bills"])] == wanted.split(",")


async def test_a_month_without_a_bill_is_refused(money: MoneyWorld) -> None:
    [latest, *_] = await money.bills()
    for months in ("2026-11", "2025-01", f"{latest.month},2026-11"):
        assert await money.failing("query_bill", NUMBER, months=months) == ("bill_issued",)


async def test_a_bill_adds_up_and_names_its_plan_first(money: MoneyWorld) -> None:
    for bill in await money.bills():
        assert bill.lines[0].kind == "plan"
        assert bill.total_fen == sum(line.amount_fen for line in bill.lines) > 0
        assert [line.no for line in bill.lines] == list(range(1, len(bill.lines) + 1))
