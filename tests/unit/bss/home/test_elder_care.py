"""Elder care: who may have it, a helper's own word, a balance that is watched and told once."""

from __future__ import annotations

import re

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import (
    DEMO_PEOPLE,
    EmbeddedBss,
    NewSubscriber,
    send_due_notices,
)
from vcounter.adapters.bss.embedded.accounts import CASH, Movement, move, open_account
from vcounter.adapters.bss.embedded.care import take_answer
from vcounter.adapters.sms import DemoInbox
from vcounter.domain.ids import Msisdn

HELPER = "13900009999"
CARE = {"elder": "yes", "dialect": "changsha", "helper": HELPER, "watch_yuan": "20"}
ID = "set_elder_care_profile"


async def give(desk: OperatorDesk, fen: int) -> None:
    """Put money on the account, or take it off."""
    sub = desk.bss.vault.name(desk.msisdn)
    async with desk.bss.store.transaction() as store:
        await open_account(store, sub, credit_class="B", cycle_day=5, paid_by_other=False)
        source, target = (CASH, sub) if fen > 0 else (sub, CASH)
        await move(store, Movement(desk.clock.now(), "test", source, target, abs(fen), "test"))


async def link_token(desk: OperatorDesk, inbox: DemoInbox) -> str:
    await send_due_notices(desk.bss, inbox)
    [message] = await inbox.messages(HELPER)
    found = re.search(r"/agree/([\w-]+)", message.text)
    assert found is not None
    return found[1]


async def answer(desk: OperatorDesk, token: str, *, agreed: bool = True) -> bool:
    async with desk.bss.store.transaction():
        return await take_answer(desk.bss.books, token, agreed, desk.clock.now())


async def helper_state(desk: OperatorDesk) -> object:
    [row] = await desk.rows("SELECT helper_state FROM care_profiles")
    return row["helper_state"]


async def told(desk: OperatorDesk, inbox: DemoInbox, to: str) -> int:
    """How often a number was told that the balance is low, after time did its work."""
    await desk.bss.move_time()
    await send_due_notices(desk.bss, inbox)
    return sum(m.template == "balance_low" for m in await inbox.messages(Msisdn(to)))


@pytest.mark.parametrize(("asked", "failing"), [("no", ["aged_or_asked"]), ("yes", [])])
async def test_younger_people_have_it_at_their_own_request(
    bss: EmbeddedBss, desk: OperatorDesk, asked: str, failing: list[str]
) -> None:
    young = next(p for p in DEMO_PEOPLE if p.case == "active_younger").person
    await bss.hall.open_number(NewSubscriber(young, test=True))
    desk.msisdn = Msisdn(young.msisdn)

    assert await desk.failing(ID, {**CARE, "on_request": asked}) == failing


async def test_nobody_is_their_own_helper(desk: OperatorDesk) -> None:
    assert await desk.failing(ID, {**CARE, "helper": desk.msisdn}) == ["other_helper"]


async def test_the_record_tells_how_the_number_wants_to_be_served(desk: OperatorDesk) -> None:
    assert (await desk.do(ID, {**CARE, "large_print": "yes"})).done

    found = await desk.bss.find(desk.msisdn)
    assert found is not None
    assert (found.elder_care, found.dialect, found.large_print) == (True, "changsha", True)


async def test_helper_is_only_asked_until_they_agree_themselves(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    done = await desk.do(ID, CARE)
    assert done.values["helper_state"] == "asked"
    token = await link_token(desk, inbox)

    assert not await answer(desk, "forged")
    assert await helper_state(desk) == "asked"
    assert await answer(desk, token)
    assert not await answer(desk, token, agreed=False)

    assert await helper_state(desk) == "agreed"


async def test_a_helper_who_never_answered_is_asked_no_more(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    await desk.do(ID, CARE)
    token = await link_token(desk, inbox)
    desk.clock.move(days=7)
    await desk.bss.move_time()

    assert await helper_state(desk) == "lapsed"
    assert not await answer(desk, token)


async def test_low_balance_is_told_to_both_who_agreed_and_once(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    await give(desk, 5000)
    await desk.do(ID, CARE)
    await answer(desk, await link_token(desk, inbox))
    assert await told(desk, inbox, HELPER) == 0

    await give(desk, -3001)

    assert await told(desk, inbox, HELPER) == 1
    assert await told(desk, inbox, desk.msisdn) == 1
    assert await told(desk, inbox, HELPER) == 1  # not again


async def test_it_is_told_again_only_after_the_balance_was_up(
    desk: OperatorDesk, inbox: DemoInbox
) -> None:
    await give(desk, 1000)
    await desk.do(ID, {**CARE, "helper": ""})
    assert await told(desk, inbox, desk.msisdn) == 1

    await give(desk, 50_000)
    assert await told(desk, inbox, desk.msisdn) == 1
    desk.clock.move(minutes=1)
    await give(desk, -50_000)

    assert await told(desk, inbox, desk.msisdn) == 2


@pytest.mark.parametrize("agreed", [None, False])
async def test_a_helper_who_did_not_agree_is_told_nothing(
    desk: OperatorDesk, inbox: DemoInbox, agreed: bool | None
) -> None:
    await give(desk, 1000)
    await desk.do(ID, CARE)
    token = await link_token(desk, inbox)
    if agreed is not None:
        await answer(desk, token, agreed=agreed)

    assert await told(desk, inbox, HELPER) == 0
    assert await told(desk, inbox, desk.msisdn) == 1


async def test_taking_it_back_restores_what_was(desk: OperatorDesk, inbox: DemoInbox) -> None:
    await desk.do(ID, {**CARE, "dialect": "hengyang", "helper": ""})
    await desk.do(ID, CARE, "k2")
    token = await link_token(desk, inbox)

    assert (await desk.do(ID, CARE, "k3", reverses="k2")).done

    found = await desk.bss.find(desk.msisdn)
    assert found is not None
    assert found.dialect == "hengyang"
    assert not await answer(desk, token)
    assert await desk.failing(ID, CARE, reverses="k2") == ["not_changed_since"]


async def test_first_profile_taken_back_leaves_none(desk: OperatorDesk) -> None:
    await desk.do(ID, CARE)

    assert (await desk.do(ID, CARE, "k2", reverses="k1")).done

    assert await desk.rows("SELECT * FROM care_profiles") == []


async def test_helper_and_token_stand_sealed(desk: OperatorDesk, inbox: DemoInbox) -> None:
    await desk.do(ID, CARE)
    token = await link_token(desk, inbox)

    for table in ("care_profiles", "care_changes", "care_questions", "notices", "commands"):
        kept = str(await desk.rows(f"SELECT * FROM {table}"))
        assert HELPER not in kept
        assert token not in kept


@pytest.mark.parametrize("stop", ["lost", "fraud", "police"])
async def test_nothing_is_told_to_a_card_that_others_may_hold(
    desk: OperatorDesk, inbox: DemoInbox, stop: str
) -> None:
    await give(desk, 5000)
    await desk.do(ID, CARE)
    await answer(desk, await link_token(desk, inbox))
    await desk.bss.hall.stop(desk.msisdn, stop, "test")
    await give(desk, -3001)

    assert await told(desk, inbox, HELPER) == 1
    assert await told(desk, inbox, desk.msisdn) == 0
    if stop == "lost":
        await desk.bss.hall.replace_card(desk.msisdn)
    else:
        await desk.bss.hall.lift(desk.msisdn, stop)
    assert await told(desk, inbox, desk.msisdn) == 0  # not late either
