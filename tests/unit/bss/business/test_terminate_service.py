"""Closing a number: what stands in its way, the 72 hours, and that it is truly over then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.holders_world import NUMBER, OTHERS, REFUND, HoldersWorld
from vcounter.adapters.bss.embedded import (
    DEMO_PEOPLE,
    EmbeddedBss,
    NewSubscriber,
    send_due_notices,
)
from vcounter.adapters.bss.embedded.business import all_business
from vcounter.adapters.bss.embedded.direct_debits import agree, debit_of
from vcounter.adapters.sms import DemoInbox
from vcounter.domain.errors import PreconditionFailed
from vcounter.domain.ids import Msisdn

INPUTS = {
    "report_loss": {"call_back": "13900009999"},
    "terminate_service": REFUND,
    "book_ownership_transfer": {
        "second_msisdn": OTHERS,
        "hall": "wuyi",
        "day": "2026-12-01",
        "half": "am",
    },
}


@pytest.fixture
async def world(bss: EmbeddedBss) -> HoldersWorld:
    opened = HoldersWorld(bss)
    await opened.open()
    return opened


@pytest.mark.parametrize("reason", ["debt", "police", "fraud"])
async def test_refuses_a_number_that_somebody_else_stopped(
    world: HoldersWorld, reason: str
) -> None:
    await world.bss.hall.stop(NUMBER, reason, "test")

    assert await world.checks("terminate_service", REFUND) == {f"no_{reason}_stop"}


async def test_refuses_under_contract_while_leaving_and_where_the_hall_says_so(
    world: HoldersWorld, clock: FakeClock
) -> None:
    assert await world.checks("terminate_service", REFUND) == set()

    await world.bss.hall.bind(NUMBER, clock.now().date())
    await world.bss.hall.open_order(NUMBER, "port_out")
    await world.bss.hall.set_rule("terminate_remotely", on=False)

    failing = await world.checks("terminate_service", {**REFUND, "refund_to": NUMBER})
    assert failing == {"no_contract", "no_open_order", "closing_allowed_here", "other_refund"}
    clock.move(days=1)
    assert "no_contract" not in await world.checks("terminate_service", REFUND)


async def test_stops_at_once_and_can_be_taken_back_for_72_hours(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.bss.hall.stop(NUMBER, "voluntary", "test")

    done = await world.run("terminate_service", REFUND, key="close")

    assert done.values["undo_until"] == (clock.now() + timedelta(hours=72)).isoformat()
    assert await world.state() == "PENDING_TERM"
    clock.move(hours=71)
    assert await world.bss.move_time() == 0
    assert (await world.run("terminate_service", reverses="close")).done
    assert await world.state() == "SUSPENDED_VOL"
    clock.move(hours=2)
    assert await world.bss.move_time() == 0
    assert await world.state() == "SUSPENDED_VOL"


async def test_is_closed_after_72_hours_once_for_good(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("terminate_service", REFUND, key="close")
    before = await world.bss.find(NUMBER)

    clock.move(hours=72)
    assert await world.bss.move_time() == 1
    assert await world.bss.move_time() == 0

    after = await world.bss.find(NUMBER)
    assert before is not None
    assert after is not None
    assert (after.state, after.stop_reasons, after.iccid_tail) == ("CLOSED", ("closed",), "")
    assert after.version == before.version + 1
    refused = await world.run("terminate_service", reverses="close")
    assert (refused.done, refused.reason) == (False, "not_closed")


async def test_taking_back_is_too_late_from_the_72nd_hour_even_before_it_is_closed(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("terminate_service", REFUND, key="close")

    clock.move(hours=72)

    refused = await world.run("terminate_service", reverses="close")
    assert (refused.done, refused.reason) == (False, "closing_not_over")


@pytest.mark.parametrize("hours", [1, 72])
@pytest.mark.parametrize("action_id", sorted(all_business()))
async def test_every_business_refuses_a_number_that_is_closed_or_being_closed(
    world: HoldersWorld, clock: FakeClock, action_id: str, hours: int
) -> None:
    await world.run("terminate_service", REFUND, key="close")
    clock.move(hours=hours)
    await world.bss.move_time()

    assert await world.checks(action_id, INPUTS.get(action_id, {})) == {"not_closed"}
    result = await world.run(action_id, INPUTS.get(action_id, {}))
    assert (result.done, result.reason) == (False, "not_closed")


async def test_nothing_is_told_of_a_closed_number(world: HoldersWorld, clock: FakeClock) -> None:
    """A lookup that was carried out just before tells nothing any more."""
    await world.run("query_puk", key="puk")
    await world.run("query_my_numbers", {"objection": "no"}, key="mine")
    await world.run("terminate_service", REFUND, key="close")
    async with world.bss.store.transaction() as store:
        await store.run("UPDATE closings SET due_at = ?", (clock.now().isoformat(),))
    await world.bss.move_time()

    for key in ("puk", "mine"):
        with pytest.raises(PreconditionFailed) as refused:
            await world.bss.reveal(key)
        assert refused.value.fields["reason"] == "not_closed"


async def test_a_new_card_on_its_way_dies_with_the_number(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("replace_sim", {"stage": "order", "delivery": "post"})
    await world.run("terminate_service", REFUND)

    clock.move(hours=72)
    await world.bss.move_time()

    async with world.bss.store.transaction() as store:
        cards = await store.all("SELECT DISTINCT status FROM cards WHERE sub = ?",
                                (world.bss.vault.name(NUMBER),))  # fmt: skip
    assert [row["status"] for row in cards] == ["void"]


@pytest.mark.parametrize(("refund", "to"), [("number", OTHERS), ("bank", "6222020000000007")])
async def test_what_is_left_goes_where_the_customer_said(
    world: HoldersWorld, clock: FakeClock, refund: str, to: str
) -> None:
    await world.open_accounts(NUMBER, OTHERS)
    await world.bss.move_time()  # last month's bills
    await world.pay(NUMBER, 50_000)
    left, theirs = await world.balances(NUMBER, OTHERS)
    assert left > 0
    await world.run("terminate_service", {"refund": refund, "refund_to": to})

    clock.move(hours=72)
    await world.bss.move_time()

    moved = left if refund == "number" else 0
    assert await world.balances(NUMBER, OTHERS) == (0, theirs + moved)


async def test_refuses_while_something_is_owed(world: HoldersWorld) -> None:
    await world.open_accounts(NUMBER)
    await world.spend(NUMBER, 100)

    assert await world.checks("terminate_service", REFUND) == {"no_arrears"}
    assert "no_arrears" in await world.checks(
        "book_ownership_transfer", INPUTS["book_ownership_transfer"]
    )


async def test_where_the_money_goes_is_sealed(world: HoldersWorld) -> None:
    await world.run("terminate_service", REFUND, key="close")

    async with world.bss.store.transaction() as store:
        row = await store.one("SELECT refund_to FROM closings WHERE made_by = 'close'")
    assert row is not None
    assert REFUND["refund_to"].encode() not in row["refund_to"]
    assert world.bss.vault.text(row["refund_to"], "closings.refund_to/close") == REFUND["refund_to"]


async def test_the_hall_neither_closes_nor_reopens(world: HoldersWorld) -> None:
    for reason in ("closed", "closing"):
        with pytest.raises(ValueError, match="unknown reason"):
            await world.bss.hall.stop(NUMBER, reason, "test")
        with pytest.raises(ValueError, match="unknown reason"):
            await world.bss.hall.lift(NUMBER, reason)


async def close(world: HoldersWorld, clock: FakeClock, number: Msisdn, refund_to: str) -> None:
    inputs = {"refund": "number", "refund_to": refund_to}
    assert (await world.run("terminate_service", inputs, number=number)).done
    clock.move(hours=72)
    await world.bss.move_time()


async def test_nothing_that_is_left_goes_to_a_number_that_was_closed_meanwhile(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.open_accounts(NUMBER, OTHERS)
    await world.bss.move_time()
    await world.pay(NUMBER, 50_000)
    await world.pay(OTHERS, 50_000)
    await close(world, clock, OTHERS, "13900009999")
    theirs = await world.balances(OTHERS)

    await close(world, clock, NUMBER, OTHERS)

    assert await world.balances(NUMBER, OTHERS) == (0, *theirs)


async def test_what_a_test_number_held_is_no_real_numbers(
    world: HoldersWorld, clock: FakeClock
) -> None:
    real = Msisdn("13800007777")
    person = replace(DEMO_PEOPLE[1].person, msisdn=real)
    await world.bss.hall.open_number(NewSubscriber(person, test=False))
    await world.open_accounts(NUMBER, real)
    await world.bss.move_time()
    await world.pay(NUMBER, 50_000)
    theirs = await world.balances(real)

    await close(world, clock, NUMBER, real)

    assert await world.balances(NUMBER, real) == (0, *theirs)


async def test_a_closed_number_is_billed_no_more_and_its_bank_asked_no_more(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.open_accounts(NUMBER)
    await world.bss.move_time()
    await world.pay(NUMBER, 50_000)
    async with world.bss.store.transaction() as store:
        sub = world.bss.vault.name(NUMBER)
        await agree(store, world.bss.vault, sub, "river", "debit", clock.now())
    await close(world, clock, NUMBER, "13900009999")

    clock.move(days=40)
    await world.bss.move_time()

    assert await world.balances(NUMBER) == (0,)
    async with world.bss.store.transaction() as store:
        assert await debit_of(store, world.bss.vault, sub) is None


async def test_nobody_is_told_of_a_closed_numbers_balance(
    world: HoldersWorld, clock: FakeClock, inbox: DemoInbox
) -> None:
    await world.open_accounts(NUMBER)
    await world.bss.move_time()
    await world.pay(NUMBER, 50_000)
    wish = {"elder": "yes", "watch_yuan": "20", "on_request": "yes"}
    assert (await world.run("set_elder_care_profile", wish)).done
    await close(world, clock, NUMBER, "13900009999")

    clock.move(minutes=1)
    await world.bss.move_time()
    await send_due_notices(world.bss, inbox)

    assert await inbox.messages(NUMBER) == []
    async with world.bss.store.transaction() as store:
        assert await store.all("SELECT * FROM care_profiles") == []
