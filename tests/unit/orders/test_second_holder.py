"""Two holders: the second joins from another phone, with evidence and a word of their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, NewSubscriber
from vcounter.adapters.ids import UlidFactory
from vcounter.domain.agent import AgentState
from vcounter.domain.errors import (
    AssuranceTooLow,
    Forbidden,
    LinkExpired,
    LinkInUse,
    NotRecording,
    PreconditionFailed,
    StepGone,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.identity import Reference
from vcounter.domain.ids import Msisdn, OrderId, SkillGroupId, StaffId
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import RecordingConsent, Visit, VisitState
from vcounter.services.context import CustomerCaller, StaffCaller, sha256_hex
from vcounter.services.identity.decide_identity import mark_coerced
from vcounter.services.orders.approval import decide_order
from vcounter.services.orders.order_steps import answer_step
from vcounter.services.orders.reversal import prepare_reversal
from vcounter.services.orders.run_action import cancel_order
from vcounter.services.orders.second_holder import present_to_second
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import SkillGroup
from vcounter.services.visits.agent_view import agent_view
from vcounter.services.visits.close_visit import customer_gone, end_by_agent
from vcounter.services.visits.companions import invite_second, turn_to
from vcounter.services.visits.customer_view import customer_view
from vcounter.services.visits.desk import desk_lost, desk_view
from vcounter.services.visits.numbers import set_number
from vcounter.services.visits.open_visit import Opened, OpenRequest, open_visit

SECOND = Msisdn("13800006022")
TRANSFER = {"second_msisdn": SECOND, "hall": "wuyi", "day": "2026-12-01", "half": "am"}
USER = {"second_msisdn": SECOND}
BOOK = "book_ownership_transfer"


@pytest.fixture(autouse=True)
async def second_number(world: OrderWorld) -> None:
    person = DEMO_PEOPLE[1].person
    await world.bss.hall.open_number(NewSubscriber(person, test=True, portraits=(b"j",)))
    async with world.deps.db.write(SCOPE) as uow:
        elder = (SkillGroupId("skg_elder"), SCOPE.tenant_id, SCOPE.region, "elder_care")
        await uow.skill_groups.add(SkillGroup(*elder, "长辈", "Elder care"))


async def invited(world: OrderWorld, order_id: OrderId) -> str:
    """The token that the second holder's phone received."""
    await invite_second(world.deps, world.agent, order_id)
    message = (await world.inbox.recent())[0]
    assert (message.to, message.template) == (SECOND, "second_holder")
    return message.text.split("/c/")[1].split()[0]


def request(token: str) -> OpenRequest:
    return OpenRequest(token, "zh-CN", RecordingConsent.GIVEN, False, "phone 2")


async def joined(world: OrderWorld, token: str) -> OrderWorld:
    """The same world seen from the second holder's visit."""
    opened = await open_visit(world.deps, request(token), SCOPE)
    return await beside(world, opened)


async def beside(world: OrderWorld, opened: Opened) -> OrderWorld:
    async with world.deps.db.read(SCOPE) as uow:
        party = await uow.parties.get(opened.party_id)
    return replace(world, visit_id=opened.visit_id, customer=CustomerCaller(party))


async def visit_of(world: OrderWorld) -> Visit:
    async with world.deps.db.read(SCOPE) as uow:
        return await uow.visits.get(world.visit_id)


async def both(
    world: OrderWorld, action_id: str = BOOK, *, proved: bool = True
) -> tuple[OrderId, OrderWorld]:
    """An order up before the first holder, and the second one here."""
    order_id = await world.prepare(action_id, **(TRANSFER if action_id == BOOK else USER))
    second = await joined(world, await invited(world, order_id))
    if proved:
        await second.prove(number=SECOND)
    await world.present(order_id)
    return order_id, second


async def settled(world: OrderWorld, order_id: OrderId) -> Order:
    await world.spawner.run()
    return await world.order(order_id)


# --- joining


async def test_the_second_holder_comes_past_the_queue_to_the_same_agent(world: OrderWorld) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)

    second = await joined(world, await invited(world, order_id))

    visit = await visit_of(second)
    assert (visit.state, visit.agent_id) == (VisitState.SERVING, world.agent.id)
    assert (visit.msisdn, visit.companion_of, visit.aside) == (SECOND, world.visit_id, True)
    assert (await visit_of(world)).state is VisitState.SERVING
    view = await desk_view(world.deps, world.agent)
    assert view["visit"]["visit"]["id"] == world.visit_id  # type: ignore[index]  # a plain view
    (told,) = await world.events("companion")
    assert told == {"visit_id": second.visit_id, "of": world.visit_id, "here": True}


async def test_the_second_holder_sees_nothing_of_the_first(world: OrderWorld) -> None:
    order_id, second = await both(world)

    seen = str(await customer_view(world.deps, second.customer))

    assert (await second.current()) is None
    assert order_id not in seen
    assert world.visit_id not in seen
    assert NUMBER not in seen
    assert NUMBER[-4:] not in seen
    assert "'joins_another': True" in seen


async def test_an_invitation_works_once(world: OrderWorld) -> None:
    token = await invited(world, await world.prepare(BOOK, **TRANSFER))
    await joined(world, token)

    with pytest.raises(LinkInUse):
        await open_visit(world.deps, request(token), SCOPE)


async def test_of_two_invitations_opened_at_once_one_joins(world: OrderWorld) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)
    tokens = [await invited(world, order_id), await invited(world, order_id)]

    results = await asyncio.gather(
        *(open_visit(world.deps, request(token), SCOPE) for token in tokens),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["LinkInUse", "Opened"]
    async with world.deps.db.read(SCOPE) as uow:
        assert len(await uow.visits.companions_of(world.visit_id)) == 1


async def test_an_invitation_is_over_after_half_an_hour_and_with_the_first_visit(
    world: OrderWorld,
) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)
    late, later = await invited(world, order_id), await invited(world, order_id)
    world.clock.move(minutes=31)
    with pytest.raises(LinkExpired):
        await open_visit(world.deps, request(late), SCOPE)
    world.clock.move(minutes=-31)
    await world.change_visit(state=VisitState.WRAP_UP)

    with pytest.raises(LinkExpired):
        await open_visit(world.deps, request(later), SCOPE)

    async with world.deps.db.read(SCOPE) as uow:
        link = await uow.links.get(sha256_hex(later))
    assert link is not None
    assert link.visit_id is None  # refused whole: nothing of it stays behind


async def test_only_the_agent_who_serves_invites_and_only_for_two_holders(
    world: OrderWorld,
) -> None:
    one = await world.prepare("suspend_service", key="form-0", scope="both")
    two = await world.prepare(BOOK, **TRANSFER)
    stranger = StaffCaller(world.agent.session, replace(world.agent.agent, id=StaffId("stf_other")))

    with pytest.raises(VisitGone):
        await invite_second(world.deps, stranger, two)
    with pytest.raises(WrongState):
        await invite_second(world.deps, world.agent, one)
    await joined(world, await invited(world, two))
    with pytest.raises(WrongState):
        await invite_second(world.deps, world.agent, two)


async def test_a_barred_card_gets_no_invitation(world: OrderWorld) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)
    await world.bss.hall.stop(SECOND, "lost", "test")

    with pytest.raises(PreconditionFailed) as refused:
        await invite_second(world.deps, world.agent, order_id)
    assert refused.value.fields["reason"] == "sim_barred"


async def test_invitations_are_counted(world: OrderWorld) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)
    for _ in range(5):
        await invited(world, order_id)

    with pytest.raises(TooMany):
        await invite_second(world.deps, world.agent, order_id)


# --- whom the agent speaks with


async def test_the_agent_turns_to_one_and_the_other_is_asked_to_wait(world: OrderWorld) -> None:
    _, second = await both(world)

    await turn_to(world.deps, world.agent, second.visit_id)

    assert ((await visit_of(world)).aside, (await visit_of(second)).aside) == (True, False)
    told = str(await customer_view(world.deps, world.customer))
    assert "'aside': True" in told
    assert second.visit_id not in told
    await turn_to(world.deps, world.agent, world.visit_id)
    assert ((await visit_of(world)).aside, (await visit_of(second)).aside) == (False, True)


async def test_another_agent_turns_to_nobody(world: OrderWorld) -> None:
    _, second = await both(world)
    stranger = StaffCaller(world.agent.session, replace(world.agent.agent, id=StaffId("stf_other")))

    with pytest.raises(VisitGone):
        await turn_to(world.deps, stranger, second.visit_id)


# --- agreeing


async def test_the_order_goes_on_only_when_both_have_said_yes(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await world.answer(confirmed=True)
    assert (await settled(world, order_id)).state is OrderState.CONFIRMED
    await settle_orders(world.deps, min_age_s=0)
    assert (await settled(world, order_id)).state is OrderState.CONFIRMED

    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)

    order = await settled(world, order_id)
    assert (order.state, order.visit_id) == (OrderState.SUCCEEDED, world.visit_id)
    assert order.second_party_id == second.customer.party.id
    assert order.second_visit_id == second.visit_id
    assert order.second_confirmed_at == world.clock.now()


async def test_the_second_may_say_yes_first(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)
    assert (await settled(world, order_id)).state is OrderState.AWAITING_CUSTOMER

    await world.answer(confirmed=True)

    assert (await settled(world, order_id)).state is OrderState.SUCCEEDED


async def test_the_second_is_asked_in_their_own_words(world: OrderWorld) -> None:
    order_id, second = await both(world)

    await present_to_second(world.deps, world.agent, order_id)
    await present_to_second(world.deps, world.agent, order_id)

    step = await second.step()
    assert "过户到您名下" in step.params["what"]
    assert NUMBER not in str(step.params)
    assert (await world.step()).params["what"] != step.params["what"]


async def test_no_from_the_second_ends_the_order(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)

    await second.answer(confirmed=False)

    order = await settled(world, order_id)
    assert (order.state, order.failure) == (OrderState.CANCELLED, "second_declined")
    assert await second.current() is None


async def test_a_second_holder_without_their_level_is_not_asked(world: OrderWorld) -> None:
    order_id, second = await both(world, proved=False)

    with pytest.raises(AssuranceTooLow):
        await present_to_second(world.deps, world.agent, order_id)
    await second.prove()  # evidence for the first one's number says nothing
    with pytest.raises(AssuranceTooLow):
        await present_to_second(world.deps, world.agent, order_id)
    await second.prove(number=SECOND)
    await present_to_second(world.deps, world.agent, order_id)


async def test_the_first_ones_evidence_is_not_the_seconds_nor_the_other_way_round(
    world: OrderWorld,
) -> None:
    order_id, _ = await both(world, proved=False)
    await world.prove(number=SECOND)  # as if the first holder showed the other's card

    with pytest.raises(AssuranceTooLow):
        await present_to_second(world.deps, world.agent, order_id)


async def test_l3_wants_more_than_the_seconds_card(world: OrderWorld) -> None:
    order_id, second = await both(world, "update_real_name_user", proved=False)
    await second.prove(reference=Reference.CARD, number=SECOND)

    with pytest.raises(AssuranceTooLow):
        await present_to_second(world.deps, world.agent, order_id)


async def test_another_number_in_the_second_visit_is_not_the_one_that_was_named(
    world: OrderWorld,
) -> None:
    order_id, second = await both(world)
    await set_number(world.deps, world.agent, second.visit_id, NUMBER)

    with pytest.raises(PreconditionFailed) as refused:
        await present_to_second(world.deps, world.agent, order_id)
    assert refused.value.fields["reason"] == "number_changed"


async def test_nobody_is_asked_before_they_have_joined(world: OrderWorld) -> None:
    order_id = await world.prepare(BOOK, **TRANSFER)
    await world.present(order_id)

    with pytest.raises(VisitGone):
        await present_to_second(world.deps, world.agent, order_id)


async def test_each_answers_their_own_step_only(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await present_to_second(world.deps, world.agent, order_id)
    firsts, seconds = (await world.step()).id, (await second.step()).id

    for caller, step_id in ((world.customer, seconds), (second.customer, firsts)):
        with pytest.raises(StepGone):
            await answer_step(world.deps, caller, step_id, {"confirmed": True})

    order = await world.order(order_id)
    assert (order.state, order.second_confirmed_at) == (OrderState.AWAITING_CUSTOMER, None)


async def test_the_seconds_yes_wants_their_own_recording(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await present_to_second(world.deps, world.agent, order_id)
    await second.change_visit(recording_consent=RecordingConsent.REFUSED)

    with pytest.raises(NotRecording):
        await second.answer(confirmed=True)
    assert (await world.order(order_id)).second_confirmed_at is None


async def test_taking_the_order_back_takes_the_seconds_step_off(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await present_to_second(world.deps, world.agent, order_id)

    await cancel_order(world.deps, world.agent, order_id)

    assert await second.current() is None


@pytest.mark.parametrize("where", ["first", "second"])
async def test_coercion_of_either_holds_the_order(world: OrderWorld, where: str) -> None:
    order_id, second = await both(world)
    marked = world if where == "first" else second
    await mark_coerced(world.deps, world.agent, marked.visit_id, on=True)
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)
    assert (await settled(world, order_id)).state is OrderState.CONFIRMED

    await mark_coerced(world.deps, world.agent, marked.visit_id, on=False)
    await settle_orders(world.deps, min_age_s=0)

    assert (await world.order(order_id)).state is OrderState.SUCCEEDED


async def test_a_level_that_is_gone_at_commit_fails_the_order(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)
    async with world.deps.db.write(SCOPE) as uow:
        evidence = await uow.evidence.of_visit(second.visit_id)
        await uow.evidence.delete(second.visit_id, [e.kind for e in evidence])

    order = await settled(world, order_id)

    assert (order.state, order.failure) == (OrderState.FAILED, "assurance_too_low")


# --- L3 for both


async def test_both_reach_l3_by_the_leads_yes(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id, second = await both(world, "update_real_name_user")
    async with world.deps.db.write(SCOPE) as uow:  # signed: that step is tested with its own
        order = await uow.orders.get(order_id)
        order.signature_image_id = "img_signed"  # type: ignore[assignment]  # an id is a text
        await uow.orders.save(order)
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)
    assert (await settled(world, order_id)).state is OrderState.AWAITING_APPROVAL

    await decide_order(world.deps, lead, order_id, "approved", "both are who they say")

    assert (await settled(world, order_id)).state is OrderState.SUCCEEDED
    for each in (world, second):
        view = await agent_view(world.deps, world.agent, each.visit_id)
        assert view["identity"]["level"] == "L3"  # type: ignore[index]  # a plain view


async def test_who_decided_on_the_second_holder_does_not_approve(world: OrderWorld) -> None:
    lead = await world.lead()
    order_id, second = await both(world, "update_real_name_user")
    async with world.deps.db.write(SCOPE) as uow:
        order = await uow.orders.get(order_id)
        order.signature_image_id = "img_signed"  # type: ignore[assignment]  # an id is a text
        await uow.orders.save(order)
        decision = (await uow.evidence.of_visit(second.visit_id))[-1]
        await uow.evidence.add(replace(decision, id=world.deps.ids.new("evd"), by=lead.id))  # type: ignore[arg-type]
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)

    with pytest.raises(Forbidden):
        await decide_order(world.deps, lead, order_id, "approved", "again me")
    assert (await world.order(order_id)).state is OrderState.AWAITING_APPROVAL


# --- the end


async def test_the_second_visit_ends_with_the_first(world: OrderWorld) -> None:
    _, second = await both(world)

    await end_by_agent(world.deps, world.agent, world.visit_id)

    visit = await visit_of(second)
    assert (visit.state, visit.disposition) == (VisitState.CLOSED, "companion")
    assert (await visit_of(world)).state is VisitState.WRAP_UP
    assert world.deps.live.stopped == [second.visit_id, world.visit_id]  # type: ignore[attr-defined]
    world.spawner.drop()


async def test_the_first_visit_goes_on_when_the_second_holder_leaves(world: OrderWorld) -> None:
    order_id, second = await both(world)
    await turn_to(world.deps, world.agent, second.visit_id)

    await customer_gone(world.deps, SCOPE, second.visit_id, "left")

    first = await visit_of(world)
    assert (first.state, first.aside) == (VisitState.SERVING, False)
    assert (await visit_of(second)).state is VisitState.CLOSED
    async with world.deps.db.read(SCOPE) as uow:
        agent = (await uow.staff.get(world.agent.id)).agent
    assert agent.state is AgentState.SERVING
    again = await joined(world, await invited(world, order_id))
    assert again.visit_id != second.visit_id
    world.spawner.drop()


async def test_a_lost_agent_leaves_no_second_holder_in_the_queue(world: OrderWorld) -> None:
    _, second = await both(world)

    waiting = await desk_lost(world.deps, SCOPE, world.agent.id)

    assert [visit.id for visit in waiting] == [world.visit_id]
    assert (await visit_of(second)).state is VisitState.CLOSED
    async with world.deps.db.read(SCOPE) as uow:
        assert [w.visit_id for w in await uow.visits.waiting()] == [world.visit_id]
    world.spawner.drop()


async def test_taking_back_is_about_the_first_holders_visit_while_both_are_here(
    world: OrderWorld,
) -> None:
    world.clock.move(minutes=-1)  # the second visit's name comes first
    world.deps = replace(world.deps, ids=UlidFactory(world.clock))
    order_id, second = await both(world)
    world.clock.move(minutes=1)
    await world.answer(confirmed=True)
    await present_to_second(world.deps, world.agent, order_id)
    await second.answer(confirmed=True)
    assert (await settled(world, order_id)).state is OrderState.SUCCEEDED
    assert second.visit_id < world.visit_id

    view = await prepare_reversal(world.deps, world.agent, order_id, "undo-1")

    assert (await world.order(OrderId(str(view["id"])))).visit_id == world.visit_id
