"""国际/港澳台漫游开通关闭: on for its days, off by itself, and both taken back."""

from __future__ import annotations

import pytest

from tests.fakes.money_world import DEBTOR, MoneyWorld
from tests.fakes.operator_desk import OperatorDesk
from vcounter.actions.toggle_roaming import ZONES
from vcounter.adapters.bss.embedded import NewSubscriber
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.domain.ids import Msisdn
from vcounter.simulator.people import practice_caller

ON = {
    "switch": "on",
    "zone": "asia",
    "from_date": "2026-11-25",
    "until_date": "2026-11-27",
    "device_checked": "yes",
}
OFF = {"switch": "off", "zone": "asia"}


async def state(desk: OperatorDesk) -> object:
    return (await desk.rows("SELECT state FROM roaming WHERE made_by = 'k1'"))[0]["state"]


async def test_booked_roaming_goes_on_and_off_by_itself(desk: OperatorDesk) -> None:
    quote = await desk.bss.quote("toggle_roaming", desk.msisdn, ON)
    done = await desk.do("toggle_roaming", ON)

    assert (quote.price_fen, quote.facts["days"]) == (2900, "3")
    assert quote.effective_from.isoformat() == "2026-11-24T16:00:00+00:00"
    assert done.values["undo_until"] == "2026-11-27T16:00:00+00:00"
    assert (await desk.bss.move_time(), await state(desk)) == (0, "booked")
    desk.clock.move(days=4)
    assert (await desk.bss.move_time(), await state(desk)) == (1, "on")
    desk.clock.move(days=3)
    assert (await desk.bss.move_time(), await state(desk)) == (1, "over")
    assert await desk.bss.move_time() == 0


async def test_roaming_from_today_is_on_at_once(desk: OperatorDesk) -> None:
    await desk.do("toggle_roaming", {**ON, "from_date": ""})
    assert await state(desk) == "on"


async def test_switching_on_is_taken_back_while_it_stands(desk: OperatorDesk) -> None:
    await desk.do("toggle_roaming", ON)

    assert (await desk.do("toggle_roaming", ON, "k2", reverses="k1")).done

    assert await state(desk) == "over"
    assert await desk.failing("toggle_roaming", ON, reverses="k1") == ["not_changed_since"]


async def test_switching_off_is_taken_back_until_the_days_are_over(desk: OperatorDesk) -> None:
    await desk.do("toggle_roaming", ON)
    await desk.do("toggle_roaming", OFF, "k2")
    assert await state(desk) == "over"

    assert (await desk.do("toggle_roaming", OFF, "k3", reverses="k2")).done
    assert await state(desk) == "booked"

    await desk.do("toggle_roaming", OFF, "k4")
    desk.clock.move(days=7)
    assert await desk.failing("toggle_roaming", OFF, reverses="k4") == ["not_changed_since"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"zone": "moon"}, "zone_known"),
        ({"until_date": ""}, "roaming_dates"),
        ({"from_date": "2026-11-20"}, "roaming_dates"),
        ({"until_date": "2026-11-24"}, "roaming_dates"),
        ({"until_date": "2027-02-23"}, "roaming_dates"),
        ({"from_date": "2027-05-21", "until_date": "2027-05-22"}, "roaming_dates"),
        ({"device_checked": "no"}, "device_checked"),
    ],
)
async def test_form_that_cannot_be_served_is_refused(
    desk: OperatorDesk, change: dict[str, str], code: str
) -> None:
    assert await desk.failing("toggle_roaming", ON | change) == [code]


async def test_longest_booking_is_ninety_days(desk: OperatorDesk) -> None:
    assert await desk.failing("toggle_roaming", {**ON, "until_date": "2027-02-22"}) == []


async def test_arrears_loss_overlap_and_missing_data_are_refused(desk: OperatorDesk) -> None:
    await desk.do("toggle_feature", {"feature": "mobile_data", "switch": "off"})
    assert await desk.failing("toggle_roaming", ON) == ["data_is_on"]
    await desk.do("toggle_feature", {"feature": "mobile_data", "switch": "on"}, "k2")
    await desk.do("toggle_roaming", ON, "k3")
    assert await desk.failing("toggle_roaming", ON) == ["no_overlap"]
    assert await desk.failing("toggle_roaming", {**ON, "zone": "europe"}) == []
    await desk.bss.hall.stop(desk.msisdn, "debt", "test")
    await desk.bss.hall.stop(desk.msisdn, "lost", "test")
    assert await desk.failing("toggle_roaming", ON) == ["not_lost", "no_arrears", "no_overlap"]


async def test_what_the_account_owes_counts_without_a_stop(
    desk: OperatorDesk, money: MoneyWorld
) -> None:
    owing = OperatorDesk(desk.bss, desk.clock, DEBTOR)
    await desk.bss.hall.lift(DEBTOR, "debt")

    assert await owing.failing("toggle_roaming", ON) == ["no_arrears"]


async def test_only_what_is_on_is_switched_off(desk: OperatorDesk) -> None:
    assert await desk.failing("toggle_roaming", OFF) == ["roaming_is_on"]


async def test_form_offers_exactly_the_operators_zones(desk: OperatorDesk) -> None:
    rows = await desk.rows("SELECT code FROM roaming_zones")
    assert {str(row["code"]) for row in rows} == set(ZONES)


async def test_practice_subscribers_owe_nothing(desk: OperatorDesk) -> None:
    """One in ten of them owed a bill, and a simulated visit for roaming was refused."""
    for index in range(30):
        caller = practice_caller(index)
        await desk.bss.hall.open_number(NewSubscriber(caller.demo.person, test=True))
        await seed_money(desk.bss, caller.demo, in_debt=False)
        one = OperatorDesk(desk.bss, desk.clock, Msisdn(caller.msisdn))

        assert await one.failing("toggle_roaming", ON) == []
