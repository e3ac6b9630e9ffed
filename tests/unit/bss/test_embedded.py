"""What the embedded operator's system does beside its port: seeds, reminders, sealing."""

from __future__ import annotations

import asyncio
import re
import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from cryptography.exceptions import InvalidTag
from id_validator import validator

from tests.fakes.clock import FakeClock
from vcounter.actions import registry
from vcounter.adapters.bss.embedded import (
    DEMO_PEOPLE,
    EmbeddedBss,
    Vault,
    demo_person,
    seed_demo,
    send_due_reminders,
)
from vcounter.adapters.bss.embedded.people import demo_people
from vcounter.adapters.sms import DemoInbox
from vcounter.domain.errors import NotFound, OperatorUnavailable
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import BssCommand, Sms

KEY = bytes(range(32))
PORTRAITS = {"collins": (b"c1", b"c2"), "biden": (b"b1",), "obama": (b"o1",)}
EXPECTED_STATES = {
    "suspended_by_customer": "SUSPENDED_VOL",
    "suspended_for_debt": "SUSPENDED_DEBT",
    "reported_lost": "LOST_HOLD",
    "suspended_for_fraud": "SUSPENDED_FRAUD",
}
NUMBER = Msisdn("13800006021")


def files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


async def report_loss(bss: EmbeddedBss, call_back: str, number: Msisdn = NUMBER) -> None:
    found = await bss.find(number)
    assert found is not None
    inputs = {"call_back": call_back}
    command = BssCommand(f"loss-{number}", "report_loss", number, found.version, inputs)
    assert (await bss.execute(command)).done


async def test_seeds_bring_every_situation_and_repeat_safely(bss: EmbeddedBss) -> None:
    assert await seed_demo(bss, PORTRAITS) == len(DEMO_PEOPLE) == 15
    assert await seed_demo(bss, PORTRAITS) == 0

    for demo in DEMO_PEOPLE:
        found = await bss.find(Msisdn(demo.person.msisdn))
        assert found is not None
        assert found.test
        assert (found.document_type == "passport") is (demo.case == "foreign_passport")
        assert found.state == EXPECTED_STATES.get(demo.case, "ACTIVE")
        assert found.has_enrolment is (demo.case != "no_enrolment")
        assert (found.alternate_contact is None) is (demo.case == "no_alternate_contact")
        assert len(await bss.control_questions(found.msisdn)) == 8


async def test_seeded_situations_decide_what_is_allowed(bss: EmbeddedBss) -> None:
    await seed_demo(bss, PORTRAITS)
    by_case = {d.case: Msisdn(d.person.msisdn) for d in DEMO_PEOPLE}

    reset = await bss.quote("reset_service_password", by_case["reset_today"], {})
    suspend = await bss.quote("suspend_service", by_case["open_order"], {})

    assert [c.code for c in reset.checks if not c.ok] == ["no_reset_in_24h"]
    assert [c.code for c in suspend.checks if not c.ok] == ["no_open_order"]


def test_invented_documents_are_valid_and_never_given_out() -> None:
    for demo in DEMO_PEOPLE:
        number = demo.person.document_number
        if demo.case == "foreign_passport":
            assert number.startswith("ZZ")
            continue
        assert validator.is_valid(number)
        assert number[14:16] == "99"
        assert int(number[16]) % 2 == (demo.person.sex == "male")
        assert number[6:14] == demo.person.birth.replace("-", "")
    assert len({d.person.msisdn for d in DEMO_PEOPLE}) == len(DEMO_PEOPLE)


def test_people_are_the_same_for_the_same_seed() -> None:
    assert demo_people(7) == demo_people(7)
    assert demo_people(7) != demo_people(8)


def test_two_numbers_belong_to_one_person() -> None:
    first, second = (d.person for d in DEMO_PEOPLE if d.case.startswith("two_numbers"))

    assert first.document_number == second.document_number
    assert first.msisdn != second.msisdn


def test_demo_person_is_found_by_number() -> None:
    assert demo_person(NUMBER) is DEMO_PEOPLE[0]
    assert demo_person("13900000000") is None


async def test_puks_differ_from_database_to_database(tmp_path: Path, clock: FakeClock) -> None:
    puks = set()
    for name in ("a", "b"):
        system = await EmbeddedBss.open(tmp_path / f"{name}.db", KEY, clock)
        await seed_demo(system, {}, DEMO_PEOPLE[:1])
        found = await system.find(NUMBER)
        assert found is not None
        command = BssCommand("k", "query_puk", NUMBER, found.version, {})
        assert (await system.execute(command)).done
        puks.add((await system.reveal("k")).value)
        await system.close()

    assert len(puks) == 2
    assert all(re.fullmatch(r"\d{8}", puk) for puk in puks)


async def test_reminder_comes_after_seven_days_once(
    bss: EmbeddedBss, inbox: DemoInbox, clock: FakeClock
) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE[:1])
    await report_loss(bss, "13900009999")
    clock.move(days=6, hours=23)
    assert await send_due_reminders(bss, inbox, "text") == 0

    clock.move(hours=1)
    assert await send_due_reminders(bss, inbox, "text") == 1
    assert await send_due_reminders(bss, inbox, "text") == 0

    [message] = await inbox.messages("13900009999")
    assert message.template == "loss_reminder"
    assert await inbox.messages(NUMBER) == []


async def test_cancelled_loss_is_not_reminded_of(
    bss: EmbeddedBss, inbox: DemoInbox, clock: FakeClock
) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE[:1])
    await report_loss(bss, "13900009999")
    found = await bss.find(NUMBER)
    assert found is not None
    await bss.execute(BssCommand("c", "cancel_loss", NUMBER, found.version, {}))
    clock.move(days=8)

    assert await send_due_reminders(bss, inbox, "text") == 0


@pytest.mark.parametrize(("person", "told"), [(0, 1), (8, 0)])
async def test_landline_is_reminded_at_the_alternate_contact(
    bss: EmbeddedBss, inbox: DemoInbox, clock: FakeClock, person: int, told: int
) -> None:
    demo = DEMO_PEOPLE[person]
    await seed_demo(bss, {}, [demo])
    await report_loss(bss, "073188889999", Msisdn(demo.person.msisdn))
    clock.move(days=7)

    assert await send_due_reminders(bss, inbox, "text") == 1
    assert len(await inbox.recent()) == told


async def test_file_is_for_its_owner_only_and_holds_nothing_in_clear(
    bss: EmbeddedBss, tmp_path: Path
) -> None:
    await seed_demo(bss, {"collins": (b"JPEG-BYTES-OF-A-FACE",)})

    for path in files(tmp_path, "bss.db*"):
        content = path.read_bytes()
        for demo in DEMO_PEOPLE:
            person = demo.person
            for value in (person.msisdn, person.name, person.document_number, person.address):
                assert value.encode() not in content
        assert b"JPEG-BYTES" not in content
    assert stat.S_IMODE((tmp_path / "bss.db").stat().st_mode) == 0o600


async def test_what_was_answered_survives_reopening(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "again.db"
    system = await EmbeddedBss.open(path, KEY, clock)
    await seed_demo(system, {}, DEMO_PEOPLE[:1])
    await report_loss(system, "13900009999")
    await system.close()

    system = await EmbeddedBss.open(path, KEY, clock)
    found = await system.find(NUMBER)
    stored = await system.query(f"loss-{NUMBER}")
    await system.close()

    assert found is not None
    assert found.state == "LOST_HOLD"
    assert stored is not None
    assert stored.done


async def test_newer_file_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "new.db"
    system = await EmbeddedBss.open(path, KEY, clock)
    await system.store.run("PRAGMA user_version=99")
    await system.close()

    with pytest.raises(RuntimeError):
        await EmbeddedBss.open(path, KEY, clock)


async def test_silence_is_operator_unavailable(tmp_path: Path, clock: FakeClock) -> None:
    slow = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    system = await EmbeddedBss.open(tmp_path / "s.db", KEY, clock, timeout_s=0.01, hasher=slow)
    async with system.store.transaction():  # somebody holds the writer's place
        with pytest.raises(OperatorUnavailable):
            await system.find(NUMBER)
    await system.close()


async def test_cancelled_caller_leaves_the_store_usable(bss: EmbeddedBss) -> None:
    async def hold() -> None:
        async with bss.store.transaction():
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await bss.find(NUMBER) is None


async def test_hall_refuses_what_it_must(bss: EmbeddedBss) -> None:
    with pytest.raises(NotFound):
        await bss.hall.stop(NUMBER, "debt", "test")
    with pytest.raises(ValueError):
        await bss.hall.stop(NUMBER, "boredom", "test")
    with pytest.raises(ValueError):
        await bss.hall.lift(NUMBER, "lost")


async def test_new_card_ends_the_loss_and_the_old_card(bss: EmbeddedBss) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE[:1])
    before = await bss.find(NUMBER)
    await report_loss(bss, "13900009999")

    await bss.hall.replace_card(NUMBER)

    after = await bss.find(NUMBER)
    assert before is not None
    assert after is not None
    assert after.state == "ACTIVE"
    assert after.version > before.version


def test_sealed_values_cannot_be_moved_or_changed() -> None:
    vault = Vault(KEY)
    sealed = vault.seal("40718263", "cards.puk/a")

    assert vault.text(sealed, "cards.puk/a") == "40718263"
    with pytest.raises(InvalidTag):
        vault.open(sealed, "cards.puk/b")
    with pytest.raises(InvalidTag):
        Vault(bytes(32)).open(sealed, "cards.puk/a")
    with pytest.raises(ValueError):
        Vault(b"short")


async def test_inbox_keeps_each_key_once_and_is_read_by_number(
    inbox: DemoInbox, tmp_path: Path
) -> None:
    for key, text in (("a", "您好"), ("a", "again"), ("b", "second")):
        await inbox.send(Sms(NUMBER, text, "code", key))

    assert [m.text for m in await inbox.messages(NUMBER)] == ["second", "您好"]
    assert await inbox.messages("13900000000") == []
    for path in files(tmp_path, "inbox.db*"):
        assert "您好".encode() not in path.read_bytes()


async def test_document_lists_every_check_code(bss: EmbeddedBss) -> None:
    await seed_demo(bss, {}, DEMO_PEOPLE[:1])
    text = (Path(__file__).parents[3] / "docs" / "actions.md").read_text("utf-8")

    for action_id in registry.implemented():
        for check in (await bss.quote(action_id, NUMBER, {})).checks:
            assert f"`{check.code}`" in text
