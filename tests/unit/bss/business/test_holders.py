"""My numbers, the user of a number, a transfer at a hall: whose number is it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.fakes.clock import FakeClock
from tests.fakes.holders_world import NUMBER, OTHERS, REFUND, SECOND, HoldersWorld
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, EmbeddedBss, NewSubscriber
from vcounter.domain.ids import Msisdn

USER = {"second_msisdn": OTHERS}
TRANSFER = {"second_msisdn": OTHERS, "hall": "wuyi", "day": "2026-12-01", "half": "am"}


@pytest.fixture
async def world(bss: EmbeddedBss) -> HoldersWorld:
    opened = HoldersWorld(bss)
    await opened.open()
    return opened


async def mine(world: HoldersWorld, number: Msisdn = NUMBER) -> dict[str, str]:
    """Number and role of every number that a person is shown."""
    key = f"mine-{number}-{world.bss.clock.now().isoformat()}"
    assert (await world.run("query_my_numbers", {"objection": "no"}, number=number, key=key)).done
    shown = await world.bss.reveal(key)
    assert shown.headings == ("number", "role", "plan", "opened_on", "state")
    return {row[0]: row[1] for row in shown.rows}


async def test_shows_all_numbers_of_the_same_document_and_nobody_elses(
    world: HoldersWorld,
) -> None:
    assert await mine(world) == {NUMBER: "holder", SECOND: "holder"}
    assert await mine(world, OTHERS) == {OTHERS: "holder"}


async def test_the_numbers_are_in_no_result_and_no_table_in_clear(world: HoldersWorld) -> None:
    done = await world.run("query_my_numbers", {"objection": "no"}, key="mine")

    async with world.bss.store.transaction() as store:
        rows = await store.all("SELECT * FROM holders")
        command = await store.one("SELECT result FROM commands WHERE key = 'mine'")
    assert command is not None
    said = str([tuple(row) for row in rows]) + str(tuple(command)) + str(done)
    document = DEMO_PEOPLE[0].person.document_number
    assert not any(secret in said for secret in (NUMBER, SECOND, document))


async def test_a_closed_number_is_not_ones_own_any_more(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("terminate_service", REFUND, number=SECOND)
    assert SECOND in await mine(world)

    clock.move(hours=72)
    await world.bss.move_time()

    assert await mine(world) == {NUMBER: "holder"}


async def test_an_objection_opens_a_case_that_is_told(world: HoldersWorld) -> None:
    words = "尾号8801不是我办的"
    inputs = {"objection": "yes", "words": words}

    done = await world.run("query_my_numbers", inputs, key="object")

    (case,) = await world.bss.tickets(NUMBER)
    assert case.no == done.values["case_no"]
    assert (case.kind, case.state) == ("number_objection", "open")
    assert case.due_at == world.bss.clock.now() + timedelta(days=15)
    assert words not in str(done)
    async with world.bss.store.transaction() as store:
        row = await store.one("SELECT detail FROM tickets")
    assert row is not None
    assert world.bss.vault.text(row["detail"], f"tickets.detail/{case.no}") == words


async def test_older_files_are_indexed_when_they_are_opened(
    tmp_path: Path, clock: FakeClock
) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    path, key = tmp_path / "old.db", bytes(range(32))
    old = await EmbeddedBss.open(path, key, clock, hasher=quick)
    await HoldersWorld(old).open()
    async with old.store.transaction() as store:
        await store.run("DROP TABLE holders")
    await old.close()

    again = await EmbeddedBss.open(path, key, clock, hasher=quick)

    assert await mine(HoldersWorld(again)) == {NUMBER: "holder", SECOND: "holder"}
    await again.close()


async def test_the_user_changes_after_72_hours_and_sees_the_number_then(
    world: HoldersWorld, clock: FakeClock
) -> None:
    done = await world.run("update_real_name_user", USER, number=SECOND)
    assert done.values["held_until"] == (clock.now() + timedelta(hours=72)).isoformat()
    clock.move(hours=71)
    assert await world.bss.move_time() == 0
    assert await mine(world, OTHERS) == {OTHERS: "holder"}

    clock.move(hours=1)
    assert await world.bss.move_time() == 1
    assert await world.bss.move_time() == 0

    assert await mine(world, OTHERS) == {OTHERS: "holder", SECOND: "user"}
    assert await mine(world) == {NUMBER: "holder", SECOND: "holder"}
    assert await world.checks("update_real_name_user", USER, SECOND) == {"not_user_already"}


async def test_filing_again_takes_the_place_of_what_waits(
    world: HoldersWorld, clock: FakeClock
) -> None:
    third = Msisdn("13800006023")
    person = replace(DEMO_PEOPLE[2].person, msisdn=third)
    await world.bss.hall.open_number(NewSubscriber(person, test=True))
    await world.run("update_real_name_user", USER)
    clock.move(hours=10)

    await world.run("update_real_name_user", {"second_msisdn": third})

    clock.move(hours=62)
    assert await world.bss.move_time() == 0
    clock.move(hours=10)
    assert await world.bss.move_time() == 1
    assert await mine(world, third) == {third: "holder", NUMBER: "user"}
    assert await mine(world, OTHERS) == {OTHERS: "holder"}


@pytest.mark.parametrize("action_id", ["update_real_name_user", "book_ownership_transfer"])
async def test_the_second_holder_is_known_and_another_person(
    world: HoldersWorld, action_id: str
) -> None:
    inputs = TRANSFER if action_id == "book_ownership_transfer" else USER

    unknown = await world.checks(action_id, {**inputs, "second_msisdn": "13900000000"})
    same = await world.checks(action_id, {**inputs, "second_msisdn": SECOND})

    assert (unknown, same) == ({"second_known"}, {"other_person"})
    assert await world.checks(action_id, inputs) == set()


async def test_nobody_gets_a_sixth_number(world: HoldersWorld) -> None:
    other = DEMO_PEOPLE[1].person
    for tail in range(4):
        more = replace(other, msisdn=f"1380000881{tail}")
        await world.bss.hall.open_number(NewSubscriber(more, test=True))

    assert await world.checks("update_real_name_user", USER) == {"under_five_numbers"}


async def test_a_user_is_registered_for_a_number_in_service_only(world: HoldersWorld) -> None:
    await world.bss.hall.stop(NUMBER, "voluntary", "test")

    assert await world.checks("update_real_name_user", USER) == {"is_active"}


async def test_a_transfer_is_booked_and_changes_no_owner(
    world: HoldersWorld, clock: FakeClock
) -> None:
    before = await world.bss.find(NUMBER)

    done = await world.run("book_ownership_transfer", TRANSFER, key="book")

    assert done.values["starts_at"] == "2026-12-01T01:00:00+00:00"
    assert await world.bss.find(NUMBER) == before
    assert await world.checks("book_ownership_transfer", TRANSFER) == {"not_booked_yet"}
    clock.move(days=11)
    assert await world.checks("book_ownership_transfer", {**TRANSFER, "day": "2026-12-10"}) == set()


async def test_a_transfer_wants_an_old_number_without_debt(
    world: HoldersWorld, clock: FakeClock
) -> None:
    young = replace(DEMO_PEOPLE[2].person, opened_on="2026-08-22")
    number = Msisdn(young.msisdn)
    await world.bss.hall.open_number(NewSubscriber(young, test=True))
    assert await world.checks("book_ownership_transfer", TRANSFER, number) == {"held_three_months"}
    clock.move(days=1)
    assert await world.checks("book_ownership_transfer", TRANSFER, number) == set()
    await world.bss.hall.stop(number, "debt", "test")
    await world.bss.hall.open_order(number, "port_out")

    failing = await world.checks("book_ownership_transfer", TRANSFER, number)

    assert failing == {"no_debt_stop", "no_open_order"}


@pytest.mark.parametrize("day", ["2026-11-21", "2026-12-22"])
async def test_a_transfer_is_booked_from_tomorrow_to_30_days_ahead(
    world: HoldersWorld, day: str
) -> None:
    assert await world.checks("book_ownership_transfer", {**TRANSFER, "day": day}) == {
        "day_allowed"
    }


async def test_a_half_day_of_a_hall_has_two_transfers(world: HoldersWorld) -> None:
    for tail in ("8811", "8812"):
        person = replace(DEMO_PEOPLE[2].person, msisdn=f"1380000{tail}")
        await world.bss.hall.open_number(NewSubscriber(person, test=True))
        done = await world.run(
            "book_ownership_transfer", TRANSFER, number=Msisdn(person.msisdn), key=tail
        )
        assert done.done

    assert await world.checks("book_ownership_transfer", TRANSFER) == {"slot_free"}
    await world.run("book_ownership_transfer", number=Msisdn("13800008811"), reverses="8811")
    assert await world.checks("book_ownership_transfer", TRANSFER) == set()


async def test_a_transfer_is_cancelled_once_before_its_time(
    world: HoldersWorld, clock: FakeClock
) -> None:
    await world.run("book_ownership_transfer", TRANSFER, key="first")
    assert (await world.run("book_ownership_transfer", reverses="first")).done
    again = await world.run("book_ownership_transfer", reverses="first")
    assert (again.done, again.reason) == (False, "still_booked")
    await world.run("book_ownership_transfer", TRANSFER, key="second")

    clock.move(days=10)

    late = await world.run("book_ownership_transfer", reverses="second")
    assert (late.done, late.reason) == (False, "before_appointment")
