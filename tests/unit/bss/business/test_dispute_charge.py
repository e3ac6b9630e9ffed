"""A disputed item is held and a case; withdrawn, it is as if nothing had been said."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import FakeClock
from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld


async def dispute(money: MoneyWorld, item: str = "1") -> str:
    """Dispute an item of the debtor's latest bill; its month."""
    [bill, *_] = await money.bills(DEBTOR)
    result = await money.run(
        "dispute_charge", DEBTOR, month=bill.month, item=item, reason="not_ordered", note="没订过"
    )
    assert result.done, result.reason
    return bill.month


async def test_a_disputed_item_is_held_and_not_demanded(money: MoneyWorld) -> None:
    before = await money.account(DEBTOR)
    month = await dispute(money)

    account = await money.account(DEBTOR)
    [bill, *_] = await money.bills(DEBTOR)
    assert bill.month == month
    assert account.balance_fen == before.balance_fen
    assert account.arrears_fen == before.arrears_fen - bill.lines[0].amount_fen


async def test_it_becomes_a_case_with_a_day_to_call_back(
    money: MoneyWorld, clock: FakeClock
) -> None:
    await dispute(money)

    [ticket] = await money.bss.tickets(DEBTOR)
    assert (ticket.kind, ticket.state) == ("dispute", "open")
    assert ticket.due_at == clock.now() + timedelta(days=3)
    assert ticket.no.isdecimal()


async def test_an_item_is_disputed_once_at_a_time(money: MoneyWorld) -> None:
    month = await dispute(money)

    assert await money.failing("dispute_charge", DEBTOR, month=month, item="1") == (
        "item_not_disputed",
    )


async def test_only_charges_on_a_bill_can_be_disputed(money: MoneyWorld) -> None:
    bills = await money.bills()
    assert await money.failing("dispute_charge", NUMBER, month="2026-11", item="1") == (
        "item_on_bill",
        "item_is_charge",
    )
    with_discount = next(b for b in bills if b.lines[-1].kind == "discount")
    assert await money.failing(
        "dispute_charge",
        NUMBER,
        month=with_discount.month,
        item=str(with_discount.lines[-1].no),
    ) == ("item_is_charge",)


async def test_withdrawing_demands_the_sum_again_and_closes_the_case(money: MoneyWorld) -> None:
    before = await money.account(DEBTOR)
    month = await dispute(money)

    undone = await money.run("dispute_charge", DEBTOR, reverses=money.keys[-1])

    assert undone.done, undone.reason
    assert await money.account(DEBTOR) == before
    [ticket] = await money.bss.tickets(DEBTOR)
    assert ticket.state == "withdrawn"
    assert await money.failing("dispute_charge", DEBTOR, month=month, item="1") == ()


async def test_withdrawing_twice_is_refused(money: MoneyWorld) -> None:
    await dispute(money)
    first = money.keys[-1]
    await money.run("dispute_charge", DEBTOR, reverses=first)

    again = await money.run("dispute_charge", DEBTOR, reverses=first)

    assert (again.done, again.reason) == (False, "dispute_open")
