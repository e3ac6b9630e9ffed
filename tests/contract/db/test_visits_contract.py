"""Links, visits, parties, tickets, steps and messages, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.contract.db.world import AT, NUMBER, OTHER_TENANT, OTHERS, OURS, Desk, add_visit
from vcounter.adapters.db import ScopeRequired, SqlDatabase
from vcounter.domain.errors import NotFound, StepGone, VisitGone, WrongState
from vcounter.domain.ids import OrderId, PartyId, VisitId
from vcounter.domain.steps import StepState
from vcounter.domain.visit import FaceConsent, RecordingConsent, Visit, VisitState
from vcounter.services.ports import Link, Ticket


def link(visit_id: VisitId | None = None) -> Link:
    return Link(
        token_hash="link-hash",
        tenant_id=OURS.scope.tenant_id,
        region=OURS.scope.region,
        msisdn=NUMBER,
        lang="zh-CN",
        created_at=AT,
        expires_at=AT + timedelta(hours=24),
        visit_id=visit_id,
        simulated=True,
    )


def ticket() -> Ticket:
    return Ticket(
        token_hash="ticket-hash",
        tenant_id=OURS.scope.tenant_id,
        region=OURS.scope.region,
        role="customer",
        subject="pty_1",
        visit_id=VisitId("vis_1"),
        expires_at=AT + timedelta(minutes=1),
    )


async def test_link_is_found_by_its_token_alone(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.links.add(link())

    async with db.read(None) as uow:
        assert await uow.links.get("link-hash") == link()
        assert await uow.links.get("other") is None
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.links.get("link-hash") is None


async def test_link_is_consumed_by_one_visit(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.links.add(link())
        assert await uow.links.consume("link-hash", VisitId("vis_1"))
        assert await uow.links.consume("link-hash", VisitId("vis_1"))
        assert not await uow.links.consume("link-hash", VisitId("vis_2"))

    async with db.write(OTHER_TENANT.scope) as uow:
        assert not await uow.links.consume("link-hash", VisitId("vis_1"))
    async with db.read(None) as uow:
        assert await uow.links.get("link-hash") == link(VisitId("vis_1"))


async def test_undo_link_tells_its_order_and_visit(db: SqlDatabase) -> None:
    undo = replace(link(), order_id=OrderId("ord_1"))
    async with db.write(OURS.scope) as uow:
        await uow.links.add(undo)
        await uow.links.consume("link-hash", VisitId("vis_1"))

    async with db.read(OURS.scope) as uow:
        assert await uow.links.of_visit(VisitId("vis_1")) == replace(
            undo, visit_id=VisitId("vis_1")
        )
        assert await uow.links.of_visit(VisitId("vis_2")) is None
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.links.of_visit(VisitId("vis_1")) is None


async def test_ticket_is_taken_once(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.tickets.add(ticket())

    async with db.write(None) as uow:
        assert await uow.tickets.take("ticket-hash", AT) == ticket()
        assert await uow.tickets.take("ticket-hash", AT) is None


async def test_expired_ticket_is_not_taken(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.tickets.add(ticket())

    async with db.write(None) as uow:
        assert await uow.tickets.take("ticket-hash", AT + timedelta(minutes=1)) is None


async def test_voided_tickets_are_not_taken_and_other_peoples_are(db: SqlDatabase) -> None:
    other = replace(ticket(), token_hash="other", subject="pty_other")
    async with db.write(OURS.scope) as uow:
        await uow.tickets.add(ticket())
        await uow.tickets.add(other)

    async with db.write(OTHER_TENANT.scope) as uow:
        await uow.tickets.void(other.subject)
    async with db.write(OURS.scope) as uow:
        await uow.tickets.void(ticket().subject)

    async with db.write(None) as uow:
        assert await uow.tickets.take("ticket-hash", AT) is None
        assert await uow.tickets.take("other", AT) == other


async def test_party_returns_by_its_credential_until_it_is_replaced(db: SqlDatabase) -> None:
    visit, party = await add_visit(db, OURS)

    async with db.write(OURS.scope) as uow:
        await uow.parties.set_credential(party.id, "new-cred", "tablet")

    moved = replace(party, credential_hash="new-cred", device="tablet")
    async with db.read(None) as uow:
        assert await uow.parties.by_credential(party.credential_hash) is None
        assert await uow.parties.by_credential("new-cred") == moved
    async with db.read(OURS.scope) as uow:
        assert await uow.parties.get(party.id) == moved
        assert await uow.parties.of_visit(visit.id) == [moved]


async def test_visit_comes_back_as_it_was(db: SqlDatabase) -> None:
    visit = OURS.visit()
    async with db.write(OURS.scope) as uow:
        await uow.visits.add(visit)
    visit.simulated = True
    visit.recording_consent = RecordingConsent.GIVEN
    visit.face_consent = FaceConsent.REFUSED
    visit.customer_party_id = PartyId("pty_x")
    visit.offer_to(OURS.staff().agent.id, AT, AT + timedelta(seconds=20))
    visit.miss(OURS.staff().agent.id)
    visit.offer_to(OURS.staff().agent.id, AT, AT + timedelta(seconds=40))
    visit.accept(OURS.staff().agent.id, AT)
    visit.end(AT + timedelta(minutes=3))
    visit.wrap_up("done", AT + timedelta(minutes=4))

    async with db.write(OURS.scope) as uow:
        await uow.visits.save(visit)

    async with db.read(OURS.scope) as uow:
        assert await uow.visits.get(visit.id) == visit
    assert visit.version == 1


async def test_visit_without_a_number_can_get_one(db: SqlDatabase) -> None:
    visit = replace(OURS.visit(), msisdn=None)
    async with db.write(OURS.scope) as uow:
        await uow.visits.add(visit)
        assert (await uow.visits.get(visit.id)).msisdn is None
        visit.msisdn = NUMBER
        await uow.visits.save(visit)
        assert (await uow.visits.get(visit.id)).msisdn == NUMBER


async def test_queue_is_ranked_by_priority_then_arrival(db: SqlDatabase) -> None:
    async with db.write(OURS.scope) as uow:
        await uow.visits.add(OURS.visit("late", after_s=10))
        await uow.visits.add(OURS.visit("early"))
        await uow.visits.add(replace(OURS.visit("elder", after_s=20), priority=10))
        await uow.visits.add(OURS.visit("served", VisitState.SERVING))
    async with db.write(OTHER_TENANT.scope) as uow:
        await uow.visits.add(OTHER_TENANT.visit("theirs"))

    async with db.read(OURS.scope) as uow:
        waiting = await uow.visits.waiting()
        first = await uow.visits.waiting(limit=1)

    names = ["vis_a43_elder", "vis_a43_early", "vis_a43_late"]
    assert [place.visit_id for place in waiting] == names
    assert [place.visit_id for place in first] == names[:1]


async def test_missed_agents_stay_with_the_waiting_visit(db: SqlDatabase) -> None:
    visit, agent = OURS.visit(), OURS.staff().agent
    async with db.write(OURS.scope) as uow:
        await uow.visits.add(visit)
        visit.offer_to(agent.id, AT, AT)
        visit.miss(agent.id)
        await uow.visits.save(visit)

        assert (await uow.visits.waiting())[0].missed_by == {agent.id}


async def test_visits_are_listed_by_state_agent_and_ring(db: SqlDatabase) -> None:
    agent = OURS.staff().agent
    ringing = OURS.visit("ringing")
    ringing.offer_to(agent.id, AT, AT + timedelta(seconds=20))
    async with db.write(OURS.scope) as uow:
        await uow.visits.add(ringing)
        await uow.visits.add(OURS.visit("waiting"))
    async with db.write(OTHER_TENANT.scope) as uow:
        await uow.visits.add(OTHER_TENANT.visit("theirs"))

    later = AT + timedelta(seconds=20)
    async with db.read(OURS.scope) as uow:
        assert await uow.visits.of_agent(agent.id, [VisitState.OFFERED]) == [ringing]
        assert await uow.visits.of_agent(agent.id, [VisitState.SERVING]) == []
        assert await uow.visits.rings_over(AT) == []
        assert await uow.visits.rings_over(later) == [ringing]
        assert len(await uow.visits.in_states([VisitState.WAITING, VisitState.OFFERED])) == 2
    async with db.read(None) as uow:
        assert len(await uow.visits.in_states([VisitState.WAITING])) == 2
        assert await uow.visits.rings_over(later) == [ringing]


async def test_mean_handle_time_is_of_ended_visits(db: SqlDatabase) -> None:
    async with db.read(OURS.scope) as uow:
        assert await uow.visits.mean_handle_s(300.0) == 300.0

    async with db.write(OURS.scope) as uow:
        for name, minutes in (("a", 2), ("b", 4)):
            visit = OURS.visit(name, VisitState.CLOSED)
            visit.connected_at, visit.ended_at = AT, AT + timedelta(minutes=minutes)
            await uow.visits.add(visit)

    async with db.read(OURS.scope) as uow:
        assert await uow.visits.mean_handle_s(300.0) == 180.0


@pytest.mark.parametrize("desk", OTHERS)
async def test_visit_of_others_is_not_there(db: SqlDatabase, desk: Desk) -> None:
    visit, party = await add_visit(db, OURS)

    async with db.read(desk.scope) as uow:
        assert await uow.parties.of_visit(visit.id) == []
        assert await uow.visits.of_agent(OURS.staff().agent.id, list(VisitState)) == []
        assert await uow.parties.by_credential(party.credential_hash) is None
        for refused in (uow.visits.get(visit.id), uow.parties.get(party.id)):
            with pytest.raises(NotFound):
                await refused
    for change in (_save_visit, _set_credential, _add_their_visit, _join_our_visit):
        with pytest.raises(NotFound):
            await change(db, desk, visit)


async def _save_visit(db: SqlDatabase, desk: Desk, visit: Visit) -> None:
    async with db.write(desk.scope) as uow:
        await uow.visits.save(visit)


async def _set_credential(db: SqlDatabase, desk: Desk, visit: Visit) -> None:
    async with db.write(desk.scope) as uow:
        await uow.parties.set_credential(OURS.party(visit).id, "stolen", "")


async def _add_their_visit(db: SqlDatabase, desk: Desk, _visit: Visit) -> None:
    async with db.write(desk.scope) as uow:
        await uow.visits.add(OURS.visit("2"))


async def _join_our_visit(db: SqlDatabase, desk: Desk, visit: Visit) -> None:
    """A party of theirs in a visit of ours: the schema's foreign keys refuse it."""
    async with db.write(desk.scope) as uow:
        await uow.parties.add(desk.party(visit, "intruder"))


async def test_step_comes_back_as_it_was_and_ends_once(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    step = OURS.step(visit)
    async with db.write(OURS.scope) as uow:
        await uow.steps.add(step)
        assert await uow.steps.current(visit.id) == step
    stale = replace(step)

    async with db.write(OURS.scope) as uow:
        step.finish(StepState.DONE, AT + timedelta(seconds=5), {"seen": "yes"})
        await uow.steps.save(step)

    async with db.read(OURS.scope) as uow:
        assert await uow.steps.get(step.id) == step
        assert await uow.steps.of_visit(visit.id) == [step]
        assert await uow.steps.current(visit.id) is None
    stale.finish(StepState.CANCELLED, AT)
    with pytest.raises(StepGone):
        async with db.write(OURS.scope) as uow:
            await uow.steps.save(stale)


async def test_only_one_step_of_a_visit_is_up(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        await uow.steps.add(OURS.step(visit, "1"))

    with pytest.raises(WrongState):
        async with db.write(OURS.scope) as uow:
            await uow.steps.add(OURS.step(visit, "2"))


async def test_messages_come_in_the_order_they_were_written(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    first = OURS.message(visit, "您好 👋", "b")
    second = replace(OURS.message(visit, "hello", "a", after_s=1), sender="note")

    async with db.write(OURS.scope) as uow:
        await uow.messages.add(second)
        await uow.messages.add(first)

    async with db.read(OURS.scope) as uow:
        assert await uow.messages.of_visit(visit.id) == [first, second]


@pytest.mark.parametrize("desk", OTHERS)
async def test_steps_and_messages_of_others_are_not_there(db: SqlDatabase, desk: Desk) -> None:
    visit, _ = await add_visit(db, OURS)
    step = OURS.step(visit)
    async with db.write(OURS.scope) as uow:
        await uow.steps.add(step)
        await uow.messages.add(OURS.message(visit, "secret"))

    async with db.read(desk.scope) as uow:
        assert await uow.steps.current(visit.id) is None
        assert await uow.steps.of_visit(visit.id) == []
        assert await uow.messages.of_visit(visit.id) == []
        with pytest.raises(NotFound):
            await uow.steps.get(step.id)
    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await uow.steps.save(step)
    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await uow.steps.add(desk.step(visit, "2"))
    with pytest.raises(NotFound):
        async with db.write(desk.scope) as uow:
            await uow.messages.add(desk.message(visit, "intruder", "2"))


async def test_gone_visit_is_told_from_a_stale_one(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    stale = replace(visit)
    async with db.write(OURS.scope) as uow:
        await uow.visits.save(visit)

    with pytest.raises(VisitGone):
        async with db.write(OURS.scope) as uow:
            await uow.visits.save(stale)
    with pytest.raises(NotFound):
        async with db.write(OURS.scope) as uow:
            await uow.visits.save(OURS.visit("never"))


async def test_visit_rows_need_a_scope(db: SqlDatabase) -> None:
    async with db.read(None) as uow:
        with pytest.raises(ScopeRequired):
            await uow.visits.get(VisitId("vis_1"))
        with pytest.raises(ScopeRequired):
            await uow.visits.waiting()
    with pytest.raises(ScopeRequired):
        async with db.write(None) as uow:
            await uow.visits.add(OURS.visit())


async def test_second_holders_visit_is_beside_the_first_and_keeps_nobody_busy(
    db: SqlDatabase,
) -> None:
    """One at most, and the agent is as free or taken as before."""
    first, _ = await add_visit(db, OURS)
    async with db.write(OURS.scope) as uow:
        served = replace(first, state=VisitState.SERVING, agent_id=OURS.staff().agent.id)
        await uow.visits.save(served)
        beside = replace(served, id=VisitId("vis_beside"), companion_of=served.id, aside=True)
        await uow.visits.add(replace(beside, version=0))

    async with db.read(OURS.scope) as uow:
        (found,) = await uow.visits.companions_of(served.id)
        assert (found.id, found.companion_of, found.aside) == (beside.id, served.id, True)
        assert await uow.visits.companions_of(beside.id) == []
    async with db.read(OTHER_TENANT.scope) as uow:
        assert await uow.visits.companions_of(served.id) == []
    with pytest.raises(IntegrityError):
        async with db.write(OURS.scope) as uow:
            await uow.visits.add(replace(beside, id=VisitId("vis_third"), version=0))
    async with db.write(OURS.scope) as uow:
        found.end_companion(AT)
        await uow.visits.save(found)
        await uow.visits.add(replace(beside, id=VisitId("vis_third"), version=0))


async def test_an_invitation_keeps_the_visit_to_join(db: SqlDatabase) -> None:
    invitation = replace(link(), companion_of=VisitId("vis_1"))
    async with db.write(OURS.scope) as uow:
        await uow.links.add(invitation)

    async with db.read(None) as uow:
        assert await uow.links.get("link-hash") == invitation
