"""A second holder joins a visit from a phone of their own.

They get a visit of their own beside the first one: own room, media, consents, steps and evidence,
at the same agent, past the queue. It ends with the first at the latest. Which of the two the agent
speaks with is told to both.
"""

from __future__ import annotations

from datetime import timedelta

from vcounter.actions import registry
from vcounter.actions.base import lang_of
from vcounter.actions.second_party import SECOND_MSISDN
from vcounter.domain.errors import (
    NotFound,
    PreconditionFailed,
    TooMany,
    WrongState,
)
from vcounter.domain.ids import Msisdn, OrderId, VisitId
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.order import Order, OrderState
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps, StaffCaller, desk_room, sha256_hex
from vcounter.services.identity.send_code import BARRED_STATES
from vcounter.services.ports import AuditLine, Link, Scope, Sms, UnitOfWork
from vcounter.services.sms.compose import compose
from vcounter.services.visits.assign_visit import publish_visit
from vcounter.services.visits.open_visit import require_serving

INVITE_TTL = timedelta(minutes=30)
MAX_INVITES = 5
_INVITE = "visit.invite"
_OPEN = frozenset({OrderState.DRAFT, OrderState.AWAITING_CUSTOMER, OrderState.CONFIRMED})


async def invite_second(deps: Deps, caller: StaffCaller, order_id: OrderId) -> dict[str, object]:
    """Send the second holder of an order a link by SMS, to the number that the order names.

    The link works once, for half an hour, and only while the first visit is served. Raises
    NotFound, VisitGone, WrongState when nobody is to be asked or somebody is here already,
    PreconditionFailed when the number is unknown or its card barred, TooMany.
    """
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        visit = await uow.visits.get(order.visit_id)
        require_serving(visit, caller)
        await _require_wanted(uow, visit, order)
    second = Msisdn(order.inputs[SECOND_MSISDN])
    record = await deps.bss.find(second)
    if record is None or (visit.simulated and not record.test):
        raise PreconditionFailed("unknown second holder", reason="second_known")
    if record.state in BARRED_STATES:
        raise PreconditionFailed("SIM barred", reason="sim_barred")
    token = await _store_invite(deps, caller, order, visit, second)
    url = f"{deps.policy.public_url.rstrip('/')}/c/{token}"
    await _send(deps, visit, second, url)
    return {"sent_to": mask_msisdn(second)}


async def _send(deps: Deps, visit: Visit, second: Msisdn, url: str) -> None:
    scope = Scope(visit.tenant_id, visit.region)
    values = {"url": url, "minutes": str(round(INVITE_TTL.total_seconds() / 60))}
    words = await compose(deps, scope, "second_holder", lang_of(visit.lang), values)
    await deps.sms.send(
        Sms(
            second,
            words.text,
            words.template,
            deps.ids.new("sms"),
            visit_id=visit.id,
            scope=scope,
            version=words.version,
        )
    )


async def _require_wanted(uow: UnitOfWork, visit: Visit, order: Order) -> None:
    action = registry.action(order.action_id)
    asked = action.second_party and order.reverses_id is None and visit.companion_of is None
    if not asked or order.state not in _OPEN or order.second_confirmed_at is not None:
        raise WrongState("nobody to ask", state=order.state.value)
    if await uow.visits.companions_of(visit.id):
        raise WrongState("here already", state="companion_here")


async def _store_invite(
    deps: Deps, caller: StaffCaller, order: Order, visit: Visit, second: Msisdn
) -> str:
    token, now = deps.ids.token(24), deps.clock.now()
    link = Link(
        token_hash=sha256_hex(token),
        tenant_id=visit.tenant_id,
        region=visit.region,
        msisdn=second,
        lang=visit.lang,
        created_at=now,
        expires_at=now + INVITE_TTL,
        simulated=visit.simulated,
        companion_of=visit.id,
    )
    async with deps.db.write(caller.scope) as uow:
        lines = await uow.audit.of_object(visit.id)
        if sum(line.verb == _INVITE for _, line in lines) >= MAX_INVITES:
            raise TooMany("too many invitations", retry_after_s=round(INVITE_TTL.total_seconds()))
        await uow.links.add(link)
        subject = deps.keys.blind_index(second)
        detail = {"order": order.id}
        await uow.audit.write(AuditLine(caller.id, _INVITE, visit.id, subject, detail))
    return token


async def turn_to(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> None:
    """The agent speaks with this holder now; the other one is asked to wait. Safe to repeat.

    Raises VisitGone, NotFound when there is nobody else.
    """
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        require_serving(visit, caller)
        other = await _other(uow, visit)
        for who, aside in ((visit, False), (other, True)):
            if who.aside is not aside:
                who.aside = aside
                await uow.visits.save(who)
                await publish_visit(uow, who)
        await uow.audit.write(AuditLine(caller.id, "visit.turn_to", visit_id))


async def _other(uow: UnitOfWork, visit: Visit) -> Visit:
    if visit.companion_of is not None:
        return await uow.visits.get(visit.companion_of)
    beside = await uow.visits.companions_of(visit.id)
    if not beside:
        raise NotFound("nobody else is here")
    return beside[0]


async def left_alone(uow: UnitOfWork, visit: Visit) -> None:
    """The second holder's visit is over, in the caller's transaction: the agent is with the first
    again."""
    assert visit.companion_of is not None
    first = await uow.visits.get(visit.companion_of)
    if first.aside:
        first.aside = False
        await uow.visits.save(first)
        await publish_visit(uow, first)
    if visit.agent_id is not None:
        body: dict[str, object] = {"visit_id": visit.id, "of": first.id, "here": False}
        await uow.outbox.add(desk_room(visit.agent_id), "companion", body)


async def companion_view(uow: UnitOfWork, visit: Visit) -> dict[str, object] | None:
    """The second holder beside a visit, for its agent; None when nobody has joined."""
    beside = await uow.visits.companions_of(visit.id)
    if not beside:
        return None
    number = beside[0].msisdn
    return {
        "visit_id": beside[0].id,
        "msisdn_masked": mask_msisdn(number) if number else None,
        "aside": beside[0].aside,
    }
