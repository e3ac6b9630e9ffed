"""套餐余量查询: what is left in this cycle, and the cycle that starts anew by itself."""

from __future__ import annotations

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, seed_plans


async def test_seeded_use_is_told_and_starts_anew_with_the_cycle(desk: OperatorDesk) -> None:
    await seed_plans(desk.bss, DEMO_PEOPLE[0])

    now = (await desk.do("query_allowance", {})).values
    assert 0 < int(now["data_left"]) < int(now["data_all"]) == 5000
    assert now["reset_on"] == "2026-11-30T16:00:00+00:00"
    assert {"ring_tone", "news"} <= set(now["services"].split(","))

    desk.clock.move(days=10)
    assert await desk.bss.move_time() > 0
    assert await desk.bss.move_time() == 0
    then = (await desk.do("query_allowance", {}, "k2")).values
    assert (then["data_left"], then["voice_left"], then["texts_left"]) == ("5000", "200", "50")
    assert then["reset_on"] == "2026-12-31T16:00:00+00:00"


async def test_looking_up_makes_no_new_version(desk: OperatorDesk) -> None:
    before = await desk.bss.find(desk.msisdn)
    await desk.do("query_allowance", {})
    assert await desk.bss.find(desk.msisdn) == before


async def test_waiting_change_is_told(desk: OperatorDesk) -> None:
    await desk.do("change_plan", {"target_plan": "easy59"})

    values = (await desk.do("query_allowance", {}, "k2")).values

    assert (values["plan_zh"], values["next_plan_zh"]) == ("孝心卡19元", "畅享59元")


async def test_stopped_number_has_no_active_plan(desk: OperatorDesk) -> None:
    await desk.bss.hall.stop(desk.msisdn, "voluntary", "test")
    assert await desk.failing("query_allowance", {}) == ["plan_active"]

    await desk.bss.hall.stop(desk.msisdn, "lost", "test")
    assert await desk.failing("query_allowance", {}) == ["not_lost", "plan_active"]
