"""防诈防骚扰开通: the guard, and a relative who counts only after their own yes."""

from __future__ import annotations

import re

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import send_due_notices
from vcounter.adapters.bss.embedded.guards import Guard, guard_of
from vcounter.adapters.sms import DemoInbox

RELATIVE, OTHER = "13900009999", "13900008888"
WITH_RELATIVE = {"level": "high", "alert_contact": RELATIVE}


async def guard(desk: OperatorDesk) -> Guard:
    async with desk.bss.store.transaction():
        return await guard_of(desk.bss.books, desk.bss.vault.name(desk.msisdn))


async def code_sent(desk: OperatorDesk, inbox: DemoInbox) -> str:
    await send_due_notices(desk.bss, inbox)
    message = (await inbox.recent())[0]
    assert message.to == RELATIVE
    assert desk.msisdn not in message.text
    found = re.search(r"回复(\d{6})", message.text)
    assert found is not None
    return found[1]


async def test_guard_is_on_without_a_relative(desk: OperatorDesk, inbox: DemoInbox) -> None:
    assert (await desk.do("enable_anti_fraud", {"level": "low"})).done

    assert (await guard(desk)).level == "low"
    assert await send_due_notices(desk.bss, inbox) == 0


async def test_relative_counts_only_after_their_own_reply(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    done = await desk.do("enable_anti_fraud", WITH_RELATIVE)
    assert done.values["contact_state"] == "asked"
    assert RELATIVE not in repr(done)
    code = await code_sent(desk, inbox)

    assert not await desk.bss.hall.take_sms(OTHER, code)
    assert not await desk.bss.hall.take_sms(RELATIVE, "好")
    assert (await guard(desk)).contact_state == "asked"
    assert await desk.bss.hall.take_sms(RELATIVE, f" {code} ")
    assert (await guard(desk)).contact_state == "agreed"
    assert not await desk.bss.hall.take_sms(RELATIVE, code)


async def test_question_lapses_and_the_relative_is_forgotten(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    await desk.do("enable_anti_fraud", WITH_RELATIVE)
    code = await code_sent(desk, inbox)
    desk.clock.move(days=3)

    assert await desk.bss.move_time() == 1
    assert await desk.bss.move_time() == 0

    now = await guard(desk)
    assert (now.level, now.contact, now.contact_state) == ("high", "", "lapsed")
    assert not await desk.bss.hall.take_sms(RELATIVE, code)


async def test_relative_who_agreed_is_not_asked_again(desk: OperatorDesk, inbox: DemoInbox) -> None:
    await desk.do("enable_anti_fraud", WITH_RELATIVE)
    await desk.bss.hall.take_sms(RELATIVE, await code_sent(desk, inbox))

    low = await desk.do("enable_anti_fraud", {**WITH_RELATIVE, "level": "low"}, "k2")

    assert low.values["contact_state"] == "agreed"
    assert await send_due_notices(desk.bss, inbox) == 0


async def test_taking_back_withdraws_the_question(desk: OperatorDesk, inbox: DemoInbox) -> None:
    await desk.do("enable_anti_fraud", {"level": "low"})
    await desk.do("enable_anti_fraud", WITH_RELATIVE, "k2")
    code = await code_sent(desk, inbox)

    assert (await desk.do("enable_anti_fraud", {}, "k3", reverses="k2")).done

    now = await guard(desk)
    assert (now.level, now.contact, now.contact_state) == ("low", "", "none")
    assert not await desk.bss.hall.take_sms(RELATIVE, code)
    assert await desk.failing("enable_anti_fraud", {}, reverses="k2") == ["not_changed_since"]


async def test_unsent_question_is_never_sent_once_taken_back(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    await desk.do("enable_anti_fraud", WITH_RELATIVE)
    await desk.do("enable_anti_fraud", {}, "k2", reverses="k1")

    assert await send_due_notices(desk.bss, inbox) == 0
    assert (await guard(desk)).level == "off"


@pytest.mark.parametrize("inputs", [{"level": "low"}, WITH_RELATIVE])
async def test_same_again_is_refused(desk: OperatorDesk, inputs: dict[str, str]) -> None:
    await desk.do("enable_anti_fraud", inputs)
    assert await desk.failing("enable_anti_fraud", inputs) == ["guard_differs"]


async def test_unsupported_plan_own_number_and_lost_card_are_refused(desk: OperatorDesk) -> None:
    own = {"level": "low", "alert_contact": desk.msisdn}
    assert await desk.failing("enable_anti_fraud", own) == ["other_contact"]
    await desk.do("change_plan", {"target_plan": "basic8"})
    desk.clock.move(days=10)
    await desk.bss.move_time()
    assert await desk.failing("enable_anti_fraud", {"level": "low"}) == ["line_supported"]
    await desk.bss.hall.stop(desk.msisdn, "lost", "test")
    assert (await desk.failing("enable_anti_fraud", {}))[:2] == ["not_lost", "is_active"]
