"""The life of an order with everything working: six actions, receipts, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.order_world import CALL_BACK, CONTACT, NEW_PASSWORD, NUMBER, SCOPE, OrderWorld
from vcounter.adapters.bss.embedded import NewSubscriber, demo_person
from vcounter.domain.errors import (
    Forbidden,
    InvalidInput,
    KeyReused,
    MediaUnavailable,
    NotFound,
    NotRecording,
    PreconditionFailed,
    StepGone,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import StaffId
from vcounter.domain.order import OrderState
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import RecordingConsent, VisitState
from vcounter.services.context import sha256_hex
from vcounter.services.orders.order_guard import mark_duress
from vcounter.services.orders.order_receipts import recipient
from vcounter.services.orders.order_steps import answer_step
from vcounter.services.orders.order_views import order_view, receipts_of
from vcounter.services.orders.run_action import cancel_order, prepare_order, read_order
from vcounter.services.orders.settle_orders import settle_orders

SCENES = [
    ("suspend_service", None, "SUSPENDED_VOL", CONTACT),
    ("resume_service", "voluntary", "ACTIVE", NUMBER),
    ("report_loss", None, "LOST_HOLD", CONTACT),
    ("cancel_loss", "lost", "ACTIVE", NUMBER),
    ("query_puk", None, "ACTIVE", CONTACT),
    ("reset_service_password", None, "ACTIVE", NUMBER),
]


@pytest.mark.parametrize(("action_id", "stop", "after", "told"), SCENES)
async def test_each_action_runs_from_form_to_receipt(
    world: OrderWorld, action_id: str, stop: str | None, after: str, told: str
) -> None:
    if stop:
        await world.bss.hall.stop(NUMBER, stop, "test")

    order = await world.carry_out(action_id)

    assert order.state is OrderState.SUCCEEDED
    assert await world.state() == after
    assert await world.sent() == [(told, f"receipt.{action_id}")]
    [receipt] = await world.events("receipt")
    assert receipt["order_id"] == order.id
    assert receipt["title"]


async def test_states_are_told_to_the_agent_in_order(world: OrderWorld) -> None:
    await world.carry_out("suspend_service")

    told = [event["state"] for event in await world.events("order")]
    assert told == ["draft", "awaiting_customer", "confirmed", "submitted", "succeeded"]


async def test_each_change_leaves_an_audit_line(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")

    async with world.deps.db.read(world.agent.scope) as uow:
        lines = [line for _, line in await uow.audit.of_object(order.id)]
    assert [line.verb for line in lines] == [
        "order.prepare",
        "order.present",
        "order.confirm",
        "order.submitted",
        "order.succeeded",
    ]
    assert lines[2].actor == world.customer.party.id
    assert all(NUMBER not in repr(line) and line.subject for line in lines)


async def test_confirm_step_says_it_in_plain_words(world: OrderWorld) -> None:
    step = await world.present(await world.prepare("suspend_service"))

    assert step.kind is StepKind.CONFIRM
    assert set(step.params) == {"what", "cost", "from_when", "undo", "action_id"}
    assert "6021" in step.params["what"]
    assert "5元" in step.params["cost"]


async def test_same_key_and_inputs_give_the_same_order(world: OrderWorld) -> None:
    first = await world.prepare("suspend_service")

    assert await world.prepare("suspend_service") == first
    await world.present(first)
    assert await world.prepare("suspend_service") == first


@pytest.mark.parametrize(
    ("action_id", "inputs"), [("suspend_service", {"scope": "out"}), ("query_puk", {})]
)
async def test_same_key_with_other_inputs_is_refused(
    world: OrderWorld, action_id: str, inputs: dict[str, object]
) -> None:
    await world.prepare("suspend_service")

    with pytest.raises(KeyReused):
        await world.prepare(action_id, **inputs)


@pytest.mark.parametrize("key", ["", "a b", "x" * 81, "键"])
async def test_strange_keys_are_refused(world: OrderWorld, key: str) -> None:
    with pytest.raises(InvalidInput):
        await world.prepare("suspend_service", key)


async def test_unknown_action_is_not_found(world: OrderWorld) -> None:
    for action_id in ("replace_card", "rob_bank"):
        with pytest.raises(NotFound):
            await world.prepare(action_id)


async def test_precondition_names_what_fails(world: OrderWorld) -> None:
    await world.bss.hall.stop(NUMBER, "debt", "test")

    with pytest.raises(PreconditionFailed) as refused:
        await world.prepare("suspend_service")

    assert refused.value.fields["reason"] == "is_active"


async def test_declined_order_does_nothing(world: OrderWorld) -> None:
    order_id = await world.prepare("suspend_service")
    await world.present(order_id)

    await world.answer(confirmed=False)
    await world.spawner.run()

    assert (await world.order(order_id)).state is OrderState.DECLINED
    assert await world.current() is None
    assert await world.state() == "ACTIVE"


async def test_second_yes_finds_the_step_gone(world: OrderWorld) -> None:
    await world.present(await world.prepare("suspend_service"))
    step = await world.step()
    await world.answer(confirmed=True)

    with pytest.raises(StepGone):
        await answer_step(world.deps, world.customer, step.id, {"confirmed": True})
    assert len(world.spawner.waiting) == 1


async def test_replaced_step_takes_no_yes_and_can_be_presented_again(world: OrderWorld) -> None:
    first = await world.present(order_id := await world.prepare("suspend_service"))
    await world.present(await world.prepare("query_puk", "form-2"))

    with pytest.raises(StepGone):
        await answer_step(world.deps, world.customer, first.id, {"confirmed": True})
    again = await world.present(order_id)
    assert (again.order_id, again.id != first.id) == (order_id, True)


async def test_double_click_on_present_keeps_the_step(world: OrderWorld) -> None:
    order_id = await world.prepare("suspend_service")
    first = await world.present(order_id)

    assert (await world.present(order_id)).id == first.id


async def test_cancelled_order_leaves_the_screen(world: OrderWorld) -> None:
    await world.present(order_id := await world.prepare("suspend_service"))

    view = await cancel_order(world.deps, world.agent, order_id)

    assert view["state"] == "cancelled"
    assert await world.current() is None
    assert (await cancel_order(world.deps, world.agent, order_id))["state"] == "cancelled"


async def test_yes_on_its_way_cannot_be_cancelled(world: OrderWorld) -> None:
    order_id = await world.confirm("suspend_service")

    with pytest.raises(WrongState):
        await cancel_order(world.deps, world.agent, order_id)


async def test_another_agent_can_neither_prepare_nor_cancel(world: OrderWorld) -> None:
    order_id = await world.prepare("suspend_service")
    await world.change_visit(agent_id=None)

    with pytest.raises(VisitGone):
        await world.prepare("query_puk", "form-2")
    with pytest.raises(VisitGone):
        await world.present(order_id)
    with pytest.raises(Forbidden):
        await cancel_order(world.deps, world.agent, order_id)
    assert world.agent.id != StaffId("")


async def test_loss_needs_no_recording_but_the_rest_does(world: OrderWorld) -> None:
    await world.change_visit(recording_consent=RecordingConsent.REFUSED)

    with pytest.raises(NotRecording):
        await world.prepare("suspend_service")
    assert (await world.carry_out("report_loss", "form-2")).state is OrderState.SUCCEEDED


@pytest.mark.parametrize("stage", ["prepare", "confirm", "commit"])
async def test_recording_that_stops_stops_the_order(world: OrderWorld, stage: str) -> None:
    world.media.growing = stage != "prepare"
    if stage == "prepare":
        with pytest.raises(NotRecording):
            await world.prepare("suspend_service")
        return
    await world.present(order_id := await world.prepare("suspend_service"))
    world.media.growing = stage != "confirm"
    if stage == "confirm":
        with pytest.raises(NotRecording):
            await world.answer(confirmed=True)
        assert (await world.order(order_id)).state is OrderState.AWAITING_CUSTOMER
        return
    await world.answer(confirmed=True)
    world.media.growing = False
    await world.spawner.run()

    assert (await world.order(order_id)).failure == "not_recording"
    assert await world.state() == "ACTIVE"


async def test_simulated_visit_touches_test_subscribers_only(world: OrderWorld) -> None:
    demo = demo_person(NUMBER)
    assert demo is not None
    real = replace(demo.person, msisdn="13800007777")
    await world.bss.hall.open_number(NewSubscriber(real, test=False))
    await world.change_visit(simulated=True, msisdn="13800007777")
    async with world.deps.db.read(world.agent.scope) as uow:
        evidence = await uow.evidence.of_visit(world.visit_id)
    async with world.deps.db.write(world.agent.scope) as uow:
        for item in evidence:
            fresh = replace(item, id=world.deps.ids.new("evd"), msisdn="13800007777")  # type: ignore[arg-type]
            await uow.evidence.add(fresh)

    with pytest.raises(PreconditionFailed):
        await world.prepare("suspend_service")


async def test_duress_silently_lets_nothing_commit(world: OrderWorld) -> None:
    async with world.deps.db.write(world.agent.scope) as uow:
        await mark_duress(uow, world.agent.id, world.visit_id, on=True)

    order = await world.carry_out("suspend_service")
    world.clock.move(minutes=5)
    await settle_orders(world.deps)

    assert (await world.order(order.id)).state is OrderState.CONFIRMED
    assert await world.state() == "ACTIVE"
    async with world.deps.db.write(world.agent.scope) as uow:
        await mark_duress(uow, world.agent.id, world.visit_id, on=False)
    await settle_orders(world.deps)
    assert (await world.order(order.id)).state is OrderState.SUCCEEDED


async def test_open_orders_expire_with_their_visit(world: OrderWorld) -> None:
    draft = await world.prepare("suspend_service")
    await world.present(waiting := await world.prepare("query_puk", "form-2"))
    await world.change_visit(state=VisitState.WRAP_UP)

    await settle_orders(world.deps)

    assert (await world.order(draft)).state is OrderState.EXPIRED
    assert (await world.order(waiting)).state is OrderState.EXPIRED
    assert await world.current() is None


async def test_views_hold_to_the_contract(world: OrderWorld) -> None:
    order = await world.carry_out("report_loss")

    view = await read_order(world.deps, world.agent, order.id)
    assert set(view) == {
        "id", "action_id", "msisdn_masked", "state", "inputs", "plain", "plain_agent", "checks",
        "failure", "result", "receipt", "reverses_id", "approval", "due_at", "second", "signed",
        "dead_since", "created_at", "confirmed_at", "settled_at",
    }  # fmt: skip
    assert view["msisdn_masked"] == "138****6021"
    assert not [k for k in view["result"] if "." in k]  # type: ignore[attr-defined]
    assert order_view(order, "en")["plain"] != order_view(order, "zh-CN")["plain"]
    [receipt] = receipts_of([order], "en")
    assert set(receipt) == {"order_id", "title", "lines", "undo", "at", "state"}
    assert str(receipt["undo"]["url"]).startswith("https://counter.example.cn/c/")  # type: ignore[index]


async def test_undo_link_opens_a_visit_for_the_same_number(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")

    url = receipts_of([order], "en")[0]["undo"]["url"]  # type: ignore[index]
    async with world.deps.db.read(None) as uow:
        link = await uow.links.get(sha256_hex(str(url).rsplit("/", 1)[1]))
    assert link is not None
    assert (link.msisdn, link.visit_id) == (NUMBER, None)
    [message] = await world.inbox.messages(CONTACT)
    assert str(url) in message.text


async def test_receipt_of_a_loss_without_a_contact_goes_to_the_call_back(
    world: OrderWorld,
) -> None:
    order = await world.carry_out("report_loss")
    record = await world.bss.find(NUMBER)

    assert record is not None
    assert recipient(order, replace(record, alternate_contact=None)) == ("contact", CALL_BACK)
    assert recipient(order, replace(record, alternate_contact=NUMBER)) == ("nobody", None)


async def test_new_password_is_taken_once_and_kept_nowhere_here(world: OrderWorld) -> None:
    order = await world.carry_out("reset_service_password")

    assert order.state is OrderState.SUCCEEDED
    assert NEW_PASSWORD not in repr(order)
    assert await world.bss.check_password(NUMBER, NEW_PASSWORD)
    assert True in world.media.history
    assert not world.media.sealed


async def test_weak_password_leaves_the_pad_up(world: OrderWorld) -> None:
    order_id = await world.prepare("reset_service_password")
    await world.present(order_id)
    await world.answer(confirmed=True)
    assert world.media.sealed

    with pytest.raises(InvalidInput) as refused:
        await world.answer(digits="123456")

    assert refused.value.fields["reason"] == "too_simple"
    assert (await world.step()).kind is StepKind.NUMBER_PAD
    await world.answer(digits=NEW_PASSWORD)
    await world.spawner.run()
    assert (await world.order(order_id)).state is OrderState.SUCCEEDED


async def test_declined_pad_cancels_the_order(world: OrderWorld) -> None:
    order_id = await world.prepare("reset_service_password")
    await world.present(order_id)
    await world.answer(confirmed=True)

    await world.answer(declined=True)

    assert (await world.order(order_id)).state is OrderState.CANCELLED
    assert not world.media.sealed


async def test_lost_pad_can_be_presented_again(world: OrderWorld) -> None:
    order_id = await world.prepare("reset_service_password")
    await world.present(order_id)
    await world.answer(confirmed=True)
    await world.present(await world.prepare("suspend_service", "form-2"))
    assert not world.media.sealed

    pad = await world.present(order_id)

    assert (pad.kind, pad.sealed) == (StepKind.NUMBER_PAD, True)
    assert world.media.sealed


async def test_confirmed_order_waits_for_its_secret_until_the_visit_ends(
    world: OrderWorld,
) -> None:
    order_id = await world.prepare("reset_service_password")
    await world.present(order_id)
    await world.answer(confirmed=True)
    world.clock.move(minutes=10)
    await settle_orders(world.deps)
    assert (await world.order(order_id)).state is OrderState.CONFIRMED

    await world.change_visit(state=VisitState.WRAP_UP)
    await settle_orders(world.deps)

    assert (await world.order(order_id)).state is OrderState.EXPIRED


async def test_prepare_wants_a_number(world: OrderWorld) -> None:
    await world.change_visit(msisdn=None)

    with pytest.raises(PreconditionFailed):
        await prepare_order(
            world.deps, world.agent, world.visit_id, "suspend_service", {}, "form-1"
        )


async def test_pad_for_a_secret_never_comes_up_while_the_bridge_is_not_shut(
    world: OrderWorld,
) -> None:
    order_id = await world.prepare("reset_service_password")
    step = await world.present(order_id)
    world.media.refuses_seal = True

    with pytest.raises(MediaUnavailable):
        await world.answer(confirmed=True)

    assert (await world.step()).id == step.id
    assert (await world.order(order_id)).state is OrderState.AWAITING_CUSTOMER


async def test_reading_an_order_is_audited_under_the_customers_name(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")

    await read_order(world.deps, world.agent, order.id)

    async with world.deps.db.read(SCOPE) as uow:
        lines = [line for _, line in await uow.audit.of_object(order.id)]
    [read] = [line for line in lines if line.verb == "order.view"]
    assert read.actor == world.agent.id
    assert {line.subject for line in lines} == {world.deps.keys.blind_index(NUMBER)}
