"""A new card: ordered, on its way, brought to life by its number, and the old one void."""

from __future__ import annotations

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.holders_world import CARD, NUMBER, PUK, HoldersWorld
from vcounter.adapters.bss.embedded import EmbeddedBss
from vcounter.domain.errors import PreconditionFailed

ORDER = {"stage": "order", "delivery": "post", "hall": "wuyi"}
ACTIVATE = {"stage": "activate", "delivery": "post", "hall": "wuyi", "iccid": CARD}


@pytest.fixture
async def world(bss: EmbeddedBss) -> HoldersWorld:
    opened = HoldersWorld(bss)
    await opened.open()
    return opened


async def sent(world: HoldersWorld, clock: FakeClock) -> None:
    """A card ordered at a hall that the customer has in hand now."""
    await world.bss.hall.send_card(NUMBER, CARD, ready_at=clock.now())


async def test_orders_a_card_that_does_not_work_yet(world: HoldersWorld) -> None:
    before = await world.bss.find(NUMBER)

    done = await world.run("replace_sim", ORDER)

    after = await world.bss.find(NUMBER)
    assert before is not None
    assert after is not None
    assert after.iccid_tail == before.iccid_tail != done.values["iccid_tail"]
    assert await world.checks("replace_sim", ORDER) == {"no_card_on_its_way"}
    assert "iccid" not in done.values


@pytest.mark.parametrize("reason", ["debt", "police", "fraud", "voluntary"])
async def test_refuses_a_number_stopped_for_anything_but_a_loss(
    world: HoldersWorld, reason: str
) -> None:
    await world.bss.hall.stop(NUMBER, "lost", "test")
    assert await world.checks("replace_sim", ORDER) == set()

    await world.bss.hall.stop(NUMBER, reason, "test")

    assert await world.checks("replace_sim", ORDER) == {"active_or_lost"}


async def test_refuses_a_second_swap_within_30_days(world: HoldersWorld, clock: FakeClock) -> None:
    await world.bss.hall.replace_card(NUMBER)
    assert await world.checks("replace_sim", ORDER) == {"no_swap_in_30_days"}

    clock.move(days=30)

    assert await world.checks("replace_sim", ORDER) == set()


async def test_risk_is_a_fresh_contact_a_fresh_password_or_a_fraud_mark(
    world: HoldersWorld, clock: FakeClock
) -> None:
    hall = world.bss.hall
    await hall.mark_risk(NUMBER, "contact_changed")
    assert await world.checks("replace_sim", ORDER) == {"risk_check"}
    clock.move(days=7)
    assert await world.checks("replace_sim", ORDER) == set()
    await hall.note_reset(NUMBER, clock.now())
    assert await world.checks("replace_sim", ORDER) == {"risk_check"}
    clock.move(days=1)
    assert await world.checks("replace_sim", ORDER) == set()
    await hall.mark_risk(NUMBER, "fraud")
    clock.move(days=365)
    assert await world.checks("replace_sim", ORDER) == {"risk_check"}


async def test_risk_is_asked_again_at_the_activation(world: HoldersWorld, clock: FakeClock) -> None:
    await sent(world, clock)
    await world.bss.hall.mark_risk(NUMBER, "fraud")

    assert await world.checks("replace_sim", ACTIVATE) == {"risk_check"}


async def test_activation_wants_the_card_that_was_sent_and_its_time(
    world: HoldersWorld, clock: FakeClock
) -> None:
    assert await world.checks("replace_sim", ACTIVATE) == {"card_ordered", "card_delivered"}
    await world.run("replace_sim", ORDER)
    assert await world.checks("replace_sim", ACTIVATE) == {"card_delivered", "new_card_matches"}

    clock.move(hours=24)

    assert await world.checks("replace_sim", ACTIVATE) == {"new_card_matches"}


async def test_activation_voids_the_old_card_and_ends_the_loss(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("report_loss", {"call_back": "13900009999"})
    await sent(world, clock)
    assert await world.state() == "LOST_HOLD"

    done = await world.run("replace_sim", ACTIVATE)

    assert done.done
    found = await world.bss.find(NUMBER)
    assert found is not None
    assert (found.state, found.iccid_tail) == ("ACTIVE", CARD[-4:])
    async with world.bss.store.transaction() as store:
        old = await store.all(
            "SELECT status FROM cards WHERE card_id <> ? AND sub = ?",
            (world.bss.vault.name(CARD), world.bss.vault.name(NUMBER)),
        )
        reminder = await store.one("SELECT cancelled_at FROM reminders")
    assert [row["status"] for row in old] == ["void"]
    assert reminder is not None
    assert reminder["cancelled_at"]
    assert "no_swap_in_30_days" in await world.checks("replace_sim", ORDER)
    assert "is_lost" in await world.checks("cancel_loss", {})


async def test_no_puk_of_a_lost_a_void_or_a_sleeping_card(
    world: HoldersWorld, clock: FakeClock
) -> None:
    """The old card's code is told while it is in use, the new one's only once it works."""
    await world.run("query_puk", key="before")
    assert (await world.bss.reveal("before")).value == PUK
    await sent(world, clock)
    assert (await world.bss.reveal("before")).value == PUK
    assert "card_matches" in await world.checks("query_puk", {"iccid": CARD})
    await world.run("report_loss", {"call_back": "13900009999"})
    with pytest.raises(PreconditionFailed):
        await world.bss.reveal("before")
    assert "not_lost" in await world.checks("query_puk", {})

    await world.run("replace_sim", ACTIVATE)

    with pytest.raises(PreconditionFailed) as refused:
        await world.bss.reveal("before")
    assert refused.value.fields["reason"] == "card_in_use"
    assert await world.checks("query_puk", {"iccid": CARD}) == set()
    await world.run("query_puk", key="after")
    assert (await world.bss.reveal("after")).value != PUK


async def test_is_cancelled_before_the_activation_only(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("replace_sim", ORDER, key="order")
    assert (await world.run("replace_sim", reverses="order")).done
    assert await world.checks("replace_sim", ORDER) == set()
    again = await world.run("replace_sim", reverses="order")
    assert (again.done, again.reason) == (False, "not_activated")
    await sent(world, clock)
    await world.run("replace_sim", ACTIVATE, key="activate")

    refused = await world.run("replace_sim", reverses="activate")

    assert (refused.done, refused.reason) == (False, "not_activated")


async def test_a_card_that_nobody_activates_is_void_after_30_days(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await sent(world, clock)
    clock.move(days=29)
    assert await world.bss.move_time() == 0

    clock.move(days=1)

    assert await world.bss.move_time() == 1
    assert await world.bss.move_time() == 0
    assert {"card_ordered"} < await world.checks("replace_sim", ACTIVATE)


async def test_the_address_is_sealed_and_the_registered_one_unless_told(
    world: HoldersWorld,
) -> None:
    await world.run("replace_sim", ORDER, key="order")

    async with world.bss.store.transaction() as store:
        row = await store.one("SELECT address FROM sim_orders")
    found = await world.bss.find(NUMBER)
    assert row is not None
    assert found is not None
    assert world.bss.vault.text(row["address"], "sim_orders.address/order") == found.address
