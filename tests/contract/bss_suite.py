"""What every adapter of the Bss port must do. Subclasses give `bss` and the world behind it.

The fixtures: `bss` (a Bss), `world` (a BssWorld that brings a number into a situation and moves
time), each with its own empty system.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import pytest

from vcounter.domain.errors import (
    KeyReused,
    NotFound,
    OperatorUnavailable,
    PreconditionFailed,
    TooMany,
)
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Bss, BssCommand, BssResult, Portrait

NUMBER = Msisdn("13800006021")
CALL_BACK = "13900009999"
PUK = "40718263"
PASSWORD = "274913"
NEW_PASSWORD = "507318"
ACTIONS = (
    "suspend_service",
    "resume_service",
    "report_loss",
    "cancel_loss",
    "query_puk",
    "reset_service_password",
)
INPUTS: Mapping[str, Mapping[str, str]] = {
    "suspend_service": {"scope": "both"},
    "report_loss": {"call_back": CALL_BACK},
}
# Which action may run in which situation (actions.json, precondition).
ALLOWED = {
    "active": {"suspend_service", "report_loss", "query_puk", "reset_service_password"},
    "voluntary": {"resume_service", "report_loss", "query_puk", "reset_service_password"},
    "debt": {"query_puk", "reset_service_password"},
    "fraud": {"query_puk", "reset_service_password"},
    "police": {"query_puk", "reset_service_password"},
    "lost": {"cancel_loss"},
    "voluntary+debt": {"query_puk", "reset_service_password"},
    "voluntary+lost": {"cancel_loss"},
    "lost+fraud": {"cancel_loss"},
}


class BssWorld(Protocol):
    """The operator's own side: what happens there beside the counter."""

    async def stop(self, reason: str) -> None: ...
    async def lift(self, reason: str) -> None: ...
    async def replace_card(self) -> None: ...
    async def open_order(self) -> None: ...
    async def open_ticket(self, no: str, title: str) -> None: ...
    def move(self, **delta: float) -> None: ...
    def lose_answer(self) -> None:
        """The next execute is done, but its answer is lost."""
        ...

    def drop_call(self) -> None:
        """The next execute never arrives."""
        ...

    def answer_late(self) -> None:
        """The next execute is done after the caller gave up."""
        ...

    def deliver_twice(self) -> None: ...


async def command(
    bss: Bss,
    action_id: str,
    key: str = "key-1",
    *,
    inputs: Mapping[str, str] | None = None,
    secret: str | None = None,
) -> BssCommand:
    """A command for what a customer would be shown now."""
    found = await bss.find(NUMBER)
    assert found is not None
    given = INPUTS.get(action_id, {}) if inputs is None else inputs
    if action_id == "reset_service_password" and secret is None:
        secret = NEW_PASSWORD
    return BssCommand(key, action_id, NUMBER, found.version, given, secret)


async def run(bss: Bss, action_id: str, key: str = "key-1", **more: object) -> BssResult:
    return await bss.execute(await command(bss, action_id, key, **more))  # type: ignore[arg-type]


async def state(bss: Bss) -> str:
    found = await bss.find(NUMBER)
    assert found is not None
    return found.state


class BssSuite:
    @pytest.mark.parametrize("situation", sorted(ALLOWED))
    async def test_allows_in_each_situation_exactly_what_the_rules_allow(
        self, bss: Bss, world: BssWorld, situation: str
    ) -> None:
        for reason in situation.split("+"):
            if reason != "active":
                await world.stop(reason)

        quoted = {a for a in ACTIONS if (await bss.quote(a, NUMBER, INPUTS.get(a, {}))).ok}

        assert quoted == ALLOWED[situation]

    @pytest.mark.parametrize("action_id", ACTIONS)
    async def test_execute_refuses_what_quote_refuses(
        self, bss: Bss, world: BssWorld, action_id: str
    ) -> None:
        await world.stop("lost" if action_id != "cancel_loss" else "debt")
        before = await bss.find(NUMBER)

        result = await run(bss, action_id)

        failed = [c.code for c in (await bss.quote(action_id, NUMBER, {})).checks if not c.ok]
        assert not result.done
        assert result.reason in failed
        assert await bss.find(NUMBER) == before

    async def test_suspension_stops_the_number_for_its_own_reason(self, bss: Bss) -> None:
        result = await run(bss, "suspend_service")

        found = await bss.find(NUMBER)
        assert result.done
        assert found is not None
        assert (found.state, found.stop_reasons) == ("SUSPENDED_VOL", ("voluntary",))
        assert found.version == result.version > 1

    async def test_booked_suspension_bites_on_its_day_only(self, bss: Bss, world: BssWorld) -> None:
        result = await run(bss, "suspend_service", inputs={"start_date": "2026-11-25"})

        assert result.done
        assert await state(bss) == "ACTIVE"
        world.move(days=3, hours=14)
        assert await state(bss) == "ACTIVE"
        world.move(hours=1)  # 00:30 in Shanghai on the 25th
        assert await state(bss) == "SUSPENDED_VOL"

    @pytest.mark.parametrize("day", ["2026-11-20", "2027-06-01"])
    async def test_suspension_starts_today_or_within_ninety_days(self, bss: Bss, day: str) -> None:
        result = await run(bss, "suspend_service", inputs={"start_date": day})

        assert (result.done, result.reason) == (False, "start_date_allowed")

    async def test_open_order_elsewhere_forbids_suspension(self, bss: Bss, world: BssWorld) -> None:
        await world.open_order()

        assert (await run(bss, "suspend_service")).reason == "no_open_order"

    async def test_resume_brings_back_what_the_customer_stopped(self, bss: Bss) -> None:
        await run(bss, "suspend_service")

        assert (await run(bss, "resume_service", "key-2")).done
        assert await state(bss) == "ACTIVE"

    async def test_loss_is_ended_by_cancelling_alone_and_keeps_the_older_stop(
        self, bss: Bss, world: BssWorld
    ) -> None:
        await world.stop("voluntary")
        assert (await run(bss, "report_loss")).done
        assert await state(bss) == "LOST_HOLD"

        assert (await run(bss, "resume_service", "key-2")).reason == "not_lost"
        world.move(days=400)
        assert await state(bss) == "LOST_HOLD"
        assert (await run(bss, "cancel_loss", "key-3")).done
        assert await state(bss) == "SUSPENDED_VOL"

    async def test_loss_cannot_name_the_lost_number_for_call_back(self, bss: Bss) -> None:
        result = await run(bss, "report_loss", inputs={"call_back": NUMBER})

        assert result.reason == "other_call_back"

    async def test_loss_of_a_replaced_card_cannot_be_cancelled(
        self, bss: Bss, world: BssWorld
    ) -> None:
        await run(bss, "report_loss")
        await world.replace_card()

        assert (await run(bss, "cancel_loss", "key-2")).reason == "not_replaced"

    async def test_repeat_of_a_key_gives_the_first_outcome_once(self, bss: Bss) -> None:
        asked = await command(bss, "suspend_service")

        first = await bss.execute(asked)
        second = await bss.execute(asked)

        found = await bss.find(NUMBER)
        assert first == second == await bss.query("key-1")
        assert found is not None
        assert found.version == first.version

    async def test_refusal_is_kept_under_its_key(self, bss: Bss, world: BssWorld) -> None:
        await world.stop("debt")
        asked = await command(bss, "suspend_service")
        refused = await bss.execute(asked)
        await world.lift("debt")

        assert await bss.execute(asked) == refused == await bss.query("key-1")
        assert await state(bss) == "ACTIVE"

    async def test_key_of_another_command_is_refused(self, bss: Bss) -> None:
        await run(bss, "suspend_service")

        with pytest.raises(KeyReused):
            await run(bss, "resume_service")

    async def test_command_for_an_older_version_is_refused(self, bss: Bss, world: BssWorld) -> None:
        asked = await command(bss, "query_puk")
        await world.open_order()

        result = await bss.execute(asked)

        assert (result.done, result.reason) == (False, "version_moved")

    async def test_unknown_key_was_never_seen(self, bss: Bss) -> None:
        assert await bss.query("key-9") is None

    async def test_lost_answer_is_found_by_query(self, bss: Bss, world: BssWorld) -> None:
        asked = await command(bss, "suspend_service")
        world.lose_answer()

        with pytest.raises(OperatorUnavailable):
            await bss.execute(asked)

        found = await bss.query("key-1")
        assert found is not None
        assert found.done

    async def test_dropped_call_leaves_no_trace_and_may_be_repeated(
        self, bss: Bss, world: BssWorld
    ) -> None:
        asked = await command(bss, "suspend_service")
        world.drop_call()

        with pytest.raises(OperatorUnavailable):
            await bss.execute(asked)

        assert await bss.query("key-1") is None
        assert (await bss.execute(asked)).done

    async def test_late_command_and_its_repeat_have_one_effect(
        self, bss: Bss, world: BssWorld
    ) -> None:
        asked = await command(bss, "report_loss")
        world.answer_late()

        with pytest.raises(OperatorUnavailable):
            await bss.execute(asked)
        repeated = await bss.execute(asked)

        assert repeated.done
        assert await state(bss) == "LOST_HOLD"

    async def test_doubly_delivered_command_has_one_effect(self, bss: Bss, world: BssWorld) -> None:
        before = await bss.find(NUMBER)
        world.deliver_twice()

        result = await run(bss, "suspend_service")

        assert before is not None
        assert result.done
        assert result.version == before.version + 1

    async def test_puk_is_revealed_for_its_command_alone(self, bss: Bss) -> None:
        result = await run(bss, "query_puk")

        assert PUK not in repr(result)
        assert (await bss.reveal("key-1")).value == PUK
        with pytest.raises(NotFound):
            await bss.reveal("key-2")

    async def test_other_commands_reveal_nothing(self, bss: Bss) -> None:
        await run(bss, "suspend_service")

        with pytest.raises(NotFound):
            await bss.reveal("key-1")

    async def test_refused_lookup_reveals_nothing(self, bss: Bss, world: BssWorld) -> None:
        await world.stop("lost")
        await run(bss, "query_puk")

        with pytest.raises(NotFound):
            await bss.reveal("key-1")

    async def test_puk_is_not_revealed_late(self, bss: Bss, world: BssWorld) -> None:
        await run(bss, "query_puk")
        world.move(minutes=11)

        with pytest.raises(PreconditionFailed):
            await bss.reveal("key-1")

    async def test_puk_is_not_revealed_again_and_again(self, bss: Bss) -> None:
        await run(bss, "query_puk")
        for _ in range(5):
            await bss.reveal("key-1")

        with pytest.raises(PreconditionFailed):
            await bss.reveal("key-1")

    @pytest.mark.parametrize("happened", ["lost", "replaced"])
    async def test_puk_is_not_revealed_once_the_card_is_gone(
        self, bss: Bss, world: BssWorld, happened: str
    ) -> None:
        await run(bss, "query_puk")
        await (world.stop("lost") if happened == "lost" else world.replace_card())

        with pytest.raises(PreconditionFailed):
            await bss.reveal("key-1")

    @pytest.mark.parametrize(
        ("inputs", "reason"),
        [({"iccid": "8986" + "0" * 16}, "card_matches"), ({"tries_left": "0"}, "card_alive")],
    )
    async def test_lookup_wants_a_live_card_and_the_right_one(
        self, bss: Bss, inputs: Mapping[str, str], reason: str
    ) -> None:
        assert (await run(bss, "query_puk", inputs=inputs)).reason == reason

    async def test_reset_makes_the_old_password_void(self, bss: Bss) -> None:
        assert await bss.check_password(NUMBER, PASSWORD)

        assert (await run(bss, "reset_service_password")).done

        assert not await bss.check_password(NUMBER, PASSWORD)
        assert await bss.check_password(NUMBER, NEW_PASSWORD)

    async def test_password_is_reset_once_a_day(self, bss: Bss, world: BssWorld) -> None:
        await run(bss, "reset_service_password")
        world.move(hours=23, minutes=59)

        second = await run(bss, "reset_service_password", "key-2")
        world.move(minutes=1)
        third = await run(bss, "reset_service_password", "key-3")

        assert (second.reason, third.done) == ("no_reset_in_24h", True)

    @pytest.mark.parametrize("weak", ["123456", "000000", "12345a", "530412", "13800"])
    async def test_weak_password_is_refused(self, bss: Bss, weak: str) -> None:
        result = await run(bss, "reset_service_password", secret=weak)

        assert result.reason in ("password_too_simple", "password_format")
        assert await bss.check_password(NUMBER, PASSWORD)

    async def test_reset_without_its_secret_is_refused_for_good(self, bss: Bss) -> None:
        """A recovered order has no secret; the late original must then change nothing."""
        late = await command(bss, "reset_service_password")
        bare = BssCommand(late.idempotency_key, late.action_id, NUMBER, late.version, {})

        refused = await bss.execute(bare)

        assert refused.reason == "secret_missing"
        assert await bss.execute(late) == refused
        assert await bss.check_password(NUMBER, PASSWORD)

    async def test_guesses_are_limited_for_a_day(self, bss: Bss, world: BssWorld) -> None:
        for _ in range(5):
            assert not await bss.check_password(NUMBER, "999990")

        with pytest.raises(TooMany):
            await bss.check_password(NUMBER, PASSWORD)
        world.move(hours=24)
        assert await bss.check_password(NUMBER, PASSWORD)

    async def test_unknown_number_is_nobody(self, bss: Bss) -> None:
        stranger = Msisdn("13800000000")

        assert await bss.find(stranger) is None
        assert await bss.portrait(stranger) is None
        assert await bss.control_questions(stranger) == []
        assert not await bss.check_password(stranger, PASSWORD)
        with pytest.raises(NotFound):
            await bss.quote("query_puk", stranger, {})

    async def test_quote_tells_price_date_and_version(self, bss: Bss) -> None:
        quote = await bss.quote("suspend_service", NUMBER, {"start_date": "2026-12-01"})

        found = await bss.find(NUMBER)
        assert found is not None
        assert (quote.price_fen, quote.version) == (500, found.version)
        assert quote.effective_from.isoformat() == "2026-11-30T16:00:00+00:00"

    async def test_record_and_portrait_are_given_out(self, bss: Bss) -> None:
        found = await bss.find(NUMBER)
        portrait = await bss.portrait(NUMBER)

        assert found is not None
        assert (found.name, found.has_enrolment, found.test) == ("张桂芳", True, True)
        assert portrait is not None
        assert portrait.jpeg == b"jpeg"
        assert [q.code for q in await bss.control_questions(NUMBER)] == ["monthly_plan"]

    # --- a fresh enrolment photograph ---------------------------------------------------------

    async def test_newest_enrolment_photograph_is_the_reference(self, bss: Bss) -> None:
        before = await bss.portrait(NUMBER)
        assert before is not None
        day = date(2026, 11, 3)

        await bss.enrol(NUMBER, b"fresh", day, "vis_1:enrolment", "stf_1")
        await bss.enrol(NUMBER, b"fresher", day, "vis_2:enrolment", "stf_1")

        assert await bss.portrait(NUMBER) == Portrait(b"fresher", day)

    async def test_enrolment_done_twice_is_one(self, bss: Bss) -> None:
        day = date(2026, 11, 3)
        await bss.enrol(NUMBER, b"fresh", day, "vis_1:enrolment", "stf_1")
        await bss.enrol(NUMBER, b"fresher", day, "vis_2:enrolment", "stf_1")

        await bss.enrol(NUMBER, b"fresh", day, "vis_1:enrolment", "stf_1")

        assert await bss.portrait(NUMBER) == Portrait(b"fresher", day)
        with pytest.raises(KeyReused):
            await bss.enrol(NUMBER, b"another", day, "vis_1:enrolment", "stf_1")

    async def test_enrolment_moves_no_order(self, bss: Bss) -> None:
        shown = await command(bss, "suspend_service", "key-1")

        await bss.enrol(NUMBER, b"fresh", date(2026, 11, 3), "vis_1:enrolment", "stf_1")

        assert (await bss.execute(shown)).done

    async def test_unknown_number_cannot_be_enrolled(self, bss: Bss) -> None:
        with pytest.raises(NotFound):
            await bss.enrol(Msisdn("13899990000"), b"x", date(2026, 11, 3), "k", "stf_1")

    async def test_tells_the_tickets_of_a_number_newest_first(
        self, bss: Bss, world: BssWorld
    ) -> None:
        await world.open_ticket("T1", "宽带断线")
        world.move(hours=1)
        await world.open_ticket("T2", "网速慢")

        found = await bss.tickets(NUMBER)

        assert [(t.no, t.kind, t.state, t.title) for t in found] == [
            ("T2", "fault", "open", "网速慢"),
            ("T1", "fault", "open", "宽带断线"),
        ]
        assert [t.due_at is not None and t.due_at > t.opened_at for t in found] == [True, True]

    async def test_keeps_a_ticket_once_though_it_is_told_twice(
        self, bss: Bss, world: BssWorld
    ) -> None:
        await world.open_ticket("T1", "宽带断线")
        await world.open_ticket("T1", "另一件事")

        assert [t.title for t in await bss.tickets(NUMBER)] == ["宽带断线"]

    async def test_knows_no_tickets_of_another_number(self, bss: Bss, world: BssWorld) -> None:
        await world.open_ticket("T1", "宽带断线")

        assert list(await bss.tickets(Msisdn("13800009999"))) == []
