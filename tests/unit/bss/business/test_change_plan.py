"""套餐变更: what is refused, what waits for the cycle, what is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.actions.change_plan import ChangePlanInputs
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, NewSubscriber
from vcounter.domain.ids import Msisdn

TO = {"target_plan": "easy59"}
AT = "2026-11-30T16:00:00+00:00"  # midnight of 1 December in Shanghai


async def plan_of(desk: OperatorDesk) -> str:
    found = await desk.bss.find(desk.msisdn)
    assert found is not None
    return found.plan


async def test_plan_stays_until_the_cycle_comes(desk: OperatorDesk) -> None:
    quote = await desk.bss.quote("change_plan", desk.msisdn, TO)
    done = await desk.do("change_plan", TO)

    assert quote.ok
    assert (quote.price_fen, quote.effective_from.isoformat()) == (5900, AT)
    assert (quote.facts["from_zh"], quote.facts["to_zh"]) == ("孝心卡19元", "畅享59元")
    assert (quote.facts["data_more"], quote.facts["minutes_more"]) == ("15000", "300")
    assert done.values["undo_until"] == AT
    assert await plan_of(desk) == "孝心卡19元"
    assert await desk.bss.move_time() == 0


async def test_cycle_brings_the_plan_its_allowance_and_a_new_version_once(
    desk: OperatorDesk,
) -> None:
    await desk.do("change_plan", TO)
    before = await desk.bss.find(desk.msisdn)
    desk.clock.move(days=10)

    await desk.bss.move_time()
    await desk.bss.move_time()

    after = await desk.bss.find(desk.msisdn)
    assert before is not None
    assert after is not None
    assert (after.plan, after.version) == ("畅享59元", before.version + 1)
    left = (await desk.do("query_allowance", {}, "k2")).values
    assert (left["plan_zh"], left["data_left"], left["data_all"]) == ("畅享59元", "20000", "20000")


async def test_control_question_follows_the_plan(desk: OperatorDesk) -> None:
    async with desk.bss.store.transaction() as store:
        sub = desk.bss.vault.name(desk.msisdn)
        sealed = desk.bss.vault.seal("孝心卡19元", f"facts.value/{sub}/monthly_plan")
        await store.run("INSERT INTO facts VALUES (?, 'monthly_plan', ?)", (sub, sealed))
    await desk.do("change_plan", TO)
    desk.clock.move(days=10)
    await desk.bss.move_time()

    questions = await desk.bss.control_questions(desk.msisdn)
    assert [q.expected for q in questions if q.code == "monthly_plan"] == ["畅享59元"]


async def test_change_is_taken_back_until_it_is_in_effect(desk: OperatorDesk) -> None:
    await desk.do("change_plan", TO)

    undone = await desk.do("change_plan", TO, "k2", reverses="k1")

    assert undone.done
    desk.clock.move(days=10)
    await desk.bss.move_time()
    assert await plan_of(desk) == "孝心卡19元"
    assert await desk.failing("change_plan", TO, reverses="k1") == ["change_pending"]
    assert await desk.failing("change_plan", TO) == []


async def test_change_in_effect_is_not_taken_back(desk: OperatorDesk) -> None:
    await desk.do("change_plan", TO)
    desk.clock.move(days=10)

    late = await desk.do("change_plan", TO, "k2", reverses="k1")

    assert (late.done, late.reason) == (False, "change_pending")


async def test_contract_binds_and_binds_anew(desk: OperatorDesk) -> None:
    await desk.do("change_plan", {"target_plan": "easy129"})
    desk.clock.move(days=10)
    await desk.bss.move_time()

    assert await desk.failing("change_plan", TO) == ["no_contract_lock"]
    desk.clock.move(days=365)
    assert await desk.failing("change_plan", TO) == []


@pytest.mark.parametrize(
    ("target", "code"),
    [("care19", "other_plan"), ("second9", "plan_eligible"), ("gone", "plan_known")],
)
async def test_plan_that_cannot_be_had_is_refused(
    desk: OperatorDesk, target: str, code: str
) -> None:
    assert await desk.failing("change_plan", {"target_plan": target}) == [code]
    refused = await desk.do("change_plan", {"target_plan": target})
    assert (refused.done, refused.reason) == (False, code)


async def test_elders_plan_wants_the_age(desk: OperatorDesk) -> None:
    young = next(p.person for p in DEMO_PEOPLE if p.case == "active_younger")
    await desk.bss.hall.open_number(NewSubscriber(young, test=True))
    desk.msisdn = Msisdn(young.msisdn)

    assert await desk.failing("change_plan", {"target_plan": "care19"}) == ["plan_eligible"]
    desk.clock.move(days=timedelta(days=365.25 * 20).days)
    assert await desk.failing("change_plan", {"target_plan": "care19"}) == []


async def test_stops_orders_and_waiting_changes_stand_in_the_way(desk: OperatorDesk) -> None:
    await desk.do("change_plan", TO)
    assert await desk.failing("change_plan", {"target_plan": "easy39"}) == ["no_pending_change"]
    await desk.bss.hall.open_order(desk.msisdn, "port_out")
    await desk.bss.hall.stop(desk.msisdn, "debt", "test")
    await desk.bss.hall.stop(desk.msisdn, "lost", "test")

    assert await desk.failing("change_plan", {"target_plan": "easy39"}) == [
        "not_lost",
        "no_debt_stop",
        "no_open_order",
        "no_pending_change",
    ]


async def test_form_offers_exactly_the_operators_plans(desk: OperatorDesk) -> None:
    options = ChangePlanInputs.model_json_schema()["properties"]["target_plan"]["enum"]

    assert set(options) == {str(row["code"]) for row in await desk.rows("SELECT code FROM plans")}
