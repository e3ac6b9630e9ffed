"""A new contact: at once or after seven days, the old one told, taken back in time."""

from __future__ import annotations

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import send_due_notices
from vcounter.adapters.sms import DemoInbox

ID = "update_contact"
OLD, NEW = "13900006121", "13900009999"
HEARD = {"new_contact": NEW, "old_reachable": "yes"}
UNHEARD = {"new_contact": NEW, "old_reachable": "no"}


async def contact(desk: OperatorDesk) -> str | None:
    found = await desk.bss.find(desk.msisdn)
    assert found is not None
    return found.alternate_contact


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, "contact_differs"),
        ({"new_contact": OLD}, "contact_differs"),
        ({"new_contact": "13800006021"}, "other_contact"),
    ],
)
async def test_something_must_be_new_and_another_number(
    desk: OperatorDesk, inputs: dict[str, str], code: str
) -> None:
    assert await desk.failing(ID, inputs) == [code]


async def test_it_is_changed_at_once_where_the_old_contact_was_heard(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    done = await desk.do(ID, {**HEARD, "new_address": "湘雅路60号"})

    assert done.values["at_once"] == "yes"
    found = await desk.bss.find(desk.msisdn)
    assert found is not None
    assert (found.alternate_contact, found.address) == (NEW, "湘雅路60号")
    await send_due_notices(desk.bss, inbox)
    assert [m.template for m in await inbox.messages(OLD)] == ["contact_notice"]


async def test_an_old_contact_out_of_reach_is_told_and_has_seven_days(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    assert (await desk.do(ID, UNHEARD)).values["at_once"] == "no"
    await send_due_notices(desk.bss, inbox)
    assert len(await inbox.messages(OLD)) == 1
    assert await desk.failing(ID, {"new_contact": "13900008888"}) == ["no_waiting_change"]

    desk.clock.move(days=6, hours=23)
    await desk.bss.move_time()
    assert await contact(desk) == OLD
    desk.clock.move(hours=1)
    await desk.bss.move_time()
    await desk.bss.move_time()

    assert await contact(desk) == NEW


@pytest.mark.parametrize(("inputs", "days"), [(HEARD, 0), (UNHEARD, 7)])
async def test_no_new_card_goes_out_while_the_contact_is_fresh(
    desk: OperatorDesk, inputs: dict[str, str], days: int
) -> None:
    """Who takes a number over changes the contact first."""
    order = {"stage": "order", "delivery": "post"}
    assert await desk.failing("replace_sim", order) == []
    await desk.do(ID, inputs)
    desk.clock.move(days=days)
    await desk.bss.move_time()

    assert await desk.failing("replace_sim", order) == ["risk_check"]
    desk.clock.move(days=7)
    assert await desk.failing("replace_sim", order) == []


@pytest.mark.parametrize("inputs", [HEARD, UNHEARD])
async def test_taken_back_the_old_contact_stays(desk: OperatorDesk, inputs: dict[str, str]) -> None:
    await desk.do(ID, inputs)

    assert (await desk.do(ID, inputs, "k2", reverses="k1")).done
    desk.clock.move(days=9)
    await desk.bss.move_time()

    assert await contact(desk) == OLD
    again = await desk.do(ID, inputs, "k3", reverses="k1")
    assert again.reason == "not_changed_since"


async def test_after_seven_days_it_stays(desk: OperatorDesk) -> None:
    await desk.do(ID, HEARD)
    desk.clock.move(days=7)

    assert await desk.failing(ID, HEARD, reverses="k1") == ["within_seven_days"]


async def test_an_older_change_is_not_put_back_over_a_newer(desk: OperatorDesk) -> None:
    await desk.do(ID, HEARD)
    await desk.do(ID, {"new_contact": "13900008888"}, "k2")

    assert await desk.failing(ID, HEARD, reverses="k1") == ["not_changed_since"]


async def test_contacts_stand_sealed(desk: OperatorDesk) -> None:
    await desk.do(ID, HEARD)

    for table in ("contact_changes", "subscribers", "notices", "commands"):
        kept = str(await desk.rows(f"SELECT * FROM {table}"))
        assert NEW not in kept
        assert OLD not in kept
