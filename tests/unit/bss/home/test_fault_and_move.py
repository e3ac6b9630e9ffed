"""Faults and moves: a case, then a fitter's half day; taken back together, and in time only."""

from __future__ import annotations

from datetime import date

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded.appointments import CREWS, set_capacity
from vcounter.adapters.bss.embedded.home import ADDRESSES, lines_of

DAY = "2026-11-24"
FAULT = {"symptom": "red_light", "day": DAY, "half": "morning"}
MOVE = {"new_address": "湘雅路 60号", "day": DAY, "half": "afternoon"}
BOTH = [("broadband_fault_ticket", FAULT), ("broadband_relocate", MOVE)]


async def home_of(desk: OperatorDesk) -> str:
    async with desk.bss.store.transaction():
        [line] = await lines_of(desk.bss.books, desk.bss.vault.name(desk.msisdn), "broadband")
    return line.address_id


async def district_of(desk: OperatorDesk, action_id: str) -> str:
    address = "cs-kf-02" if action_id == "broadband_relocate" else await home_of(desk)
    return next(a.district for a in ADDRESSES if a.address_id == address)


async def set_crews(desk: OperatorDesk, action_id: str, half: str, crews: int) -> None:
    district = await district_of(desk, action_id)
    async with desk.bss.store.transaction():
        await set_capacity(desk.bss.books, district, date.fromisoformat(DAY), half, crews)


async def order(desk: OperatorDesk, action_id: str, inputs: dict[str, str], key: str) -> str:
    """Both effects; returns the case's number."""
    done = await desk.do(action_id, inputs, key)
    assert (done.done, done.reason) == (True, "")
    assert (await desk.do(action_id, inputs, f"{key}#appointment", part="appointment")).done
    return done.values["case_no"]


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_without_broadband_there_is_nothing_to_mend_or_move(
    bare: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    assert (await bare.failing(action_id, inputs))[:2] == ["has_broadband", "line_known"]


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_another_household_s_account_is_not_known(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    assert "line_known" in await desk.failing(action_id, {**inputs, "account": "073100000000"})


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
@pytest.mark.parametrize(
    ("day", "allowed"),
    [("2026-11-21", False), ("2026-11-22", True), ("2026-12-05", True), ("2026-12-06", False)],
)
async def test_a_visit_is_booked_from_tomorrow_to_two_weeks_ahead(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str], day: str, allowed: bool
) -> None:
    failing = await desk.failing(action_id, {**inputs, "day": day})

    assert ("visit_day_allowed" not in failing) is allowed


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_a_half_day_without_a_crew_is_refused(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    await set_crews(desk, action_id, inputs["half"], 0)

    assert await desk.failing(action_id, inputs) == ["visit_slot_free"]


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_each_visit_takes_one_crew(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    await set_crews(desk, action_id, inputs["half"], 1)

    await order(desk, action_id, inputs, "k1")

    second = await desk.do(action_id, inputs, "k2#appointment", part="appointment")
    assert (second.done, second.reason) == (False, "visit_slot_free")


async def test_a_fault_has_a_ticket_a_work_order_and_a_call_back(desk: OperatorDesk) -> None:
    no = await order(desk, "broadband_fault_ticket", FAULT, "k1")

    assert await desk.tickets() == [("fault", "open")]
    [case] = await desk.rows("SELECT * FROM cases")
    assert (case["no"], case["owner"], case["work_order"]) == (no, "field_service", f"{no}1")
    assert str(case["call_back_due"]).startswith("2026-11-25T18:00")
    [booking] = await desk.rows("SELECT * FROM bookings")
    assert (booking["case_no"], booking["day"], booking["half"]) == (no, DAY, "morning")


@pytest.mark.parametrize(
    ("action_id", "inputs", "code"),
    [(*BOTH[0], "no_open_ticket"), (*BOTH[1], "no_open_move")],
)
async def test_one_case_of_a_kind_on_a_line_at_a_time(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str], code: str
) -> None:
    await order(desk, action_id, inputs, "k1")

    assert await desk.failing(action_id, inputs) == [code]


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_taking_it_back_gives_the_half_day_back(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    await set_crews(desk, action_id, inputs["half"], 1)
    await order(desk, action_id, inputs, "k1")

    undone = await desk.do(action_id, inputs, "k2", reverses="k1")

    assert undone.done
    assert [state for _, state in await desk.tickets()] == ["cancelled"]
    assert await desk.failing(action_id, inputs) == []
    again = await desk.do(action_id, inputs, "k3", reverses="k1")
    assert (again.done, again.reason) == (False, "case_open")


@pytest.mark.parametrize(("action_id", "inputs"), BOTH)
async def test_it_is_taken_back_until_the_day_of_the_visit_begins(
    desk: OperatorDesk, action_id: str, inputs: dict[str, str]
) -> None:
    await order(desk, action_id, inputs, "k1")
    desk.clock.move(days=2, hours=14, minutes=29)  # 23:59 in Shanghai
    assert await desk.failing(action_id, inputs, reverses="k1") == []

    desk.clock.move(minutes=1)

    assert await desk.failing(action_id, inputs, reverses="k1") == ["before_visit"]


async def test_the_line_moves_on_the_day_of_the_visit_and_not_before(desk: OperatorDesk) -> None:
    before = await home_of(desk)
    await order(desk, "broadband_relocate", MOVE, "k1")
    desk.clock.move(days=3)
    await desk.bss.move_time()
    assert await home_of(desk) == before

    desk.clock.move(days=1)
    await desk.bss.move_time()
    await desk.bss.move_time()

    assert await home_of(desk) == "cs-kf-02"
    assert await desk.tickets() == [("relocation", "done")]
    assert "address_other" in await desk.failing(
        "broadband_relocate", {**MOVE, "day": "2026-11-29"}
    )


async def test_a_move_that_was_taken_back_never_happens(desk: OperatorDesk) -> None:
    before = await home_of(desk)
    await order(desk, "broadband_relocate", MOVE, "k1")
    assert (await desk.do("broadband_relocate", MOVE, "k2", reverses="k1")).done

    desk.clock.move(days=9)
    await desk.bss.move_time()

    assert await home_of(desk) == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("天涯路1号", "address_known"),
        ("芙蓉区", "address_known"),  # several buildings
        ("2号大道", "address_known"),
        ("沙坪村6组", "address_covered"),
        ("60 xiangya road", ""),
        ("湖南省长沙市开福区湘雅路60号", ""),
    ],
)
async def test_the_new_address_is_one_building_with_fibre(
    desk: OperatorDesk, text: str, code: str
) -> None:
    failing = await desk.failing("broadband_relocate", {**MOVE, "new_address": text})

    assert failing[:1] == ([code] if code else [])


async def test_no_address_and_no_account_stands_open_in_the_books(desk: OperatorDesk) -> None:
    await order(desk, "broadband_relocate", MOVE, "k1")

    async with desk.bss.store.transaction():
        [line] = await lines_of(desk.bss.books, desk.bss.vault.name(desk.msisdn), "broadband")
    for table in ("lines", "moves", "commands", "tickets", "cases"):
        told = str(await desk.rows(f"SELECT * FROM {table}"))
        assert line.account not in told
        assert "cs-kf-02" not in told


async def test_three_crews_are_there_where_nothing_else_is_said(desk: OperatorDesk) -> None:
    for n in range(CREWS):
        await order(desk, "broadband_fault_ticket", FAULT, f"k{n}")
        async with desk.bss.store.transaction() as store:  # mended, the visit stays booked
            await store.run("UPDATE tickets SET state = 'done'")

    assert await desk.failing("broadband_fault_ticket", FAULT) == ["visit_slot_free"]
