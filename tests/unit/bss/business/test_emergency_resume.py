"""A day of service for a number that owes: who gets it, how often, and how it ends."""

from __future__ import annotations

from tests.fakes.clock import FakeClock
from tests.fakes.money_world import DEBTOR, NUMBER, MoneyWorld


async def test_a_number_stopped_for_debt_works_for_a_day_and_stops_by_itself(
    money: MoneyWorld, clock: FakeClock
) -> None:
    result = await money.run("emergency_resume", DEBTOR, reason="medical")

    assert result.done
    assert result.values["state_after"] == await money.state() == "ACTIVE"
    clock.move(hours=23, minutes=59)
    assert await money.state() == "ACTIVE"
    clock.move(minutes=1)
    assert await money.state() == "SUSPENDED_DEBT"


async def test_the_end_of_a_grant_is_a_new_version_once(
    money: MoneyWorld, clock: FakeClock
) -> None:
    done = await money.run("emergency_resume", DEBTOR, reason="medical")
    clock.move(days=2)

    await money.bss.move_time()
    await money.bss.move_time()

    found = await money.bss.find(DEBTOR)
    assert found is not None
    assert found.version == done.version + 1


async def test_it_is_given_once_a_calendar_month(money: MoneyWorld, clock: FakeClock) -> None:
    await money.run("emergency_resume", DEBTOR, reason="medical")
    clock.move(days=2)
    assert await money.failing("emergency_resume", DEBTOR) == ("no_grant_this_month",)

    clock.move(days=8)  # December

    assert (await money.run("emergency_resume", DEBTOR, reason="family")).done


async def test_only_a_stop_for_debt_is_held_off(money: MoneyWorld) -> None:
    assert await money.failing("emergency_resume", NUMBER) == ("stopped_for_debt",)
    await money.bss.hall.stop(DEBTOR, "police", "test")
    assert await money.failing("emergency_resume", DEBTOR) == ("stopped_for_debt",)
    await money.bss.hall.stop(DEBTOR, "lost", "test")
    assert await money.failing("emergency_resume", DEBTOR) == ("not_lost", "stopped_for_debt")


async def test_another_stop_bites_through_a_grant(money: MoneyWorld) -> None:
    await money.run("emergency_resume", DEBTOR, reason="medical")

    await money.bss.hall.stop(DEBTOR, "fraud", "test")

    assert await money.state() == "SUSPENDED_FRAUD"


async def test_an_account_of_class_d_is_not_trusted(money: MoneyWorld) -> None:
    async with money.bss.store.transaction() as store:
        await store.run(
            "UPDATE accounts SET credit_class = 'D' WHERE sub = ?", (money.bss.vault.name(DEBTOR),)
        )

    result = await money.run("emergency_resume", DEBTOR, reason="medical")

    assert (result.done, result.reason) == (False, "credit_allows")
    assert await money.state() == "SUSPENDED_DEBT"
