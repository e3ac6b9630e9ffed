"""Money is never made and never lost, and the seeds fit the stops."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import FakeClock
from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, seed_demo
from vcounter.adapters.bss.embedded.accounts import account_of, spend


async def test_every_balance_is_what_the_ledger_says_and_all_are_nothing(
    money: MoneyWorld, clock: FakeClock
) -> None:
    await money.pay(DEBTOR, 1234)
    await money.run("emergency_resume", DEBTOR, reason="family")
    clock.move(days=70)
    await money.bss.move_time()

    balances = await money.balances()
    assert sum(balances.values()) == 0
    assert balances == {k: v for k, v in (await money.ledger_sums()).items() if v}


async def test_seeding_again_changes_nothing(bss: EmbeddedBss) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE[:4])
    before = await MoneyWorld(bss).balances()

    await seed_demo(bss, {}, DEMO_PEOPLE[:4])

    assert await MoneyWorld(bss).balances() == before


async def test_who_is_stopped_for_debt_owes_the_last_two_bills(bss: EmbeddedBss) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE)

    owing = {}
    async with bss.store.transaction() as store:
        for demo in DEMO_PEOPLE:
            account = await account_of(store, bss.vault.name(demo.person.msisdn))
            assert account is not None
            owing[demo.case] = account.arrears_fen
            assert account.paid_by_other is (demo.case == "two_numbers_second")
    bills = await MoneyWorld(bss).bills(DEBTOR)
    assert owing["suspended_for_debt"] == sum(bill.total_fen for bill in bills[:2])
    assert sum(1 for fen in owing.values() if fen) <= 4


async def test_paying_what_is_owed_lifts_the_debts_stop_and_no_other(money: MoneyWorld) -> None:
    await money.bss.hall.stop(DEBTOR, "fraud", "test")
    owed = (await money.account(DEBTOR)).arrears_fen

    assert not await money.pay(DEBTOR, owed - 1)
    assert (await money.bss.find(DEBTOR)).stop_reasons == ("fraud", "debt")  # type: ignore[union-attr]
    assert await money.pay(DEBTOR, 1)

    assert (await money.bss.find(DEBTOR)).stop_reasons == ("fraud",)  # type: ignore[union-attr]
    assert (await money.account(DEBTOR)).balance_fen == 0


async def test_a_bill_comes_on_the_cycle_day_once_and_is_owed(
    money: MoneyWorld, clock: FakeClock
) -> None:
    before, bills = await money.account(), await money.bills()
    clock.move(days=15)  # the sixth of December
    await money.bss.move_time()
    await money.bss.move_time()

    [newest, *_] = await money.bills()
    assert newest.month == "2026-11"
    assert newest.month > bills[0].month
    assert (await money.account()).balance_fen == before.balance_fen - newest.total_fen


async def test_months_that_were_slept_through_leave_twelve_bills(
    money: MoneyWorld, clock: FakeClock
) -> None:
    clock.move(days=45)
    await money.bss.move_time()

    assert len(await money.bills()) == 12


async def test_spending_up_to_the_cap_ends_a_grant_at_once(
    money: MoneyWorld, clock: FakeClock
) -> None:
    await money.run("emergency_resume", DEBTOR, reason="medical")
    sub = money.bss.vault.name(DEBTOR)
    async with money.bss.store.transaction() as store:
        await spend(store, sub, 1999, clock.now())
    assert await money.state() == "ACTIVE"

    async with money.bss.store.transaction() as store:
        await spend(store, sub, 1, clock.now() + timedelta(minutes=1))

    assert await money.state() == "SUSPENDED_DEBT"
    assert (await money.bss.find(NUMBER)).state == "ACTIVE"  # type: ignore[union-attr]
