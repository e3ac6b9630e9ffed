"""增值业务退订: ends now or with the month, and is subscribed to again."""

from __future__ import annotations

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.actions.cancel_vas import SERVICES, CancelVasInputs
from vcounter.adapters.bss.embedded.add_ons import subscribe

BOTH = {"ring_tone": "True", "news": "True", "weather": "False"}


@pytest.fixture
async def subscribed(desk: OperatorDesk) -> OperatorDesk:
    async with desk.bss.store.transaction() as store:
        sub = desk.bss.vault.name(desk.msisdn)
        await subscribe(store, sub, ("ring_tone", "news"), desk.clock.now())
    return desk


async def states(desk: OperatorDesk) -> dict[object, object]:
    return {r["code"]: r["state"] for r in await desk.rows("SELECT code, state FROM add_ons")}


async def test_some_end_at_once_and_others_with_the_month(subscribed: OperatorDesk) -> None:
    done = await subscribed.do("cancel_vas", BOTH)

    assert (done.values["ends_now"], done.values["ends_later"]) == ("news", "ring_tone")
    assert done.values["saves_fen"] == "800"
    assert await states(subscribed) == {"news": "ended", "ring_tone": "ending"}
    assert await subscribed.bss.move_time() == 0

    subscribed.clock.move(days=10)
    assert await subscribed.bss.move_time() == 1
    assert await subscribed.bss.move_time() == 0
    assert await states(subscribed) == {"news": "ended", "ring_tone": "ended"}


@pytest.mark.parametrize("days", [0, 10])
async def test_taking_back_subscribes_again(subscribed: OperatorDesk, days: int) -> None:
    await subscribed.do("cancel_vas", BOTH)
    subscribed.clock.move(days=days)
    await subscribed.bss.move_time()

    assert (await subscribed.do("cancel_vas", BOTH, "k2", reverses="k1")).done

    assert await states(subscribed) == {"news": "on", "ring_tone": "on"}
    assert await subscribed.failing("cancel_vas", BOTH, reverses="k1") == ["not_changed_since"]


async def test_only_what_is_subscribed_is_cancelled(subscribed: OperatorDesk) -> None:
    assert await subscribed.failing("cancel_vas", {}) == ["service_chosen"]
    assert await subscribed.failing("cancel_vas", {"news": "True", "cloud_disk": "True"}) == [
        "subscribed"
    ]
    await subscribed.do("cancel_vas", {"news": "True"})
    assert await subscribed.failing("cancel_vas", {"news": "True"}) == ["subscribed"]


async def test_lost_number_is_refused(subscribed: OperatorDesk) -> None:
    await subscribed.bss.hall.stop(subscribed.msisdn, "lost", "test")
    assert await subscribed.failing("cancel_vas", BOTH) == ["not_lost"]


async def test_form_offers_exactly_the_operators_services(desk: OperatorDesk) -> None:
    catalogue = {str(row["code"]) for row in await desk.rows("SELECT code FROM services")}

    assert set(CancelVasInputs.model_fields) == set(SERVICES) == catalogue
