"""A customer calls in: links, new visits, resuming, and taking a visit over on another device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.domain.errors import LinkExpired, LinkInUse, LinkInvalid, VisitGone
from vcounter.domain.ids import Msisdn, OrderId, PartyId, Region, TenantId, VisitId
from vcounter.domain.queueing import priority_for
from vcounter.domain.visit import (
    ELDER_PRIORITY,
    NORMAL_PRIORITY,
    OPEN_STATES,
    RecordingConsent,
    Visit,
    VisitState,
)
from vcounter.services.context import CustomerCaller, Deps, StaffCaller, sha256_hex
from vcounter.services.ports import AuditLine, Link, Party, Scope, Subscriber, UnitOfWork
from vcounter.services.visits import joining


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What the start screen sends. `link` is empty for a walk-in from the plain page."""

    link: str
    lang: str
    recording: RecordingConsent
    takeover: bool
    device: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """`credential` is the browser's secret for this visit; it is not stored in clear."""

    scope: Scope
    visit_id: VisitId
    party_id: PartyId
    credential: str
    resumed: bool
    taken_over: bool
    companion: bool = False


async def make_link(
    deps: Deps,
    caller: StaffCaller,
    *,
    msisdn: Msisdn | None,
    lang: str,
    simulated: bool = False,
) -> str:
    """Make a link for one customer and return its token. It works once, for `link_ttl_h` hours."""
    return await store_link(
        deps, caller.scope, actor=caller.id, msisdn=msisdn, lang=lang, simulated=simulated
    )


async def store_link(
    deps: Deps,
    scope: Scope,
    *,
    actor: str,
    msisdn: Msisdn | None,
    lang: str,
    simulated: bool = False,
    order_id: OrderId | None = None,
    expires_at: datetime | None = None,
) -> str:
    """As make_link, for callers that are not staff: the demo's one-click customer, an undo link,
    which names the order to take back and may have a time of its own."""
    token = deps.ids.token(24)
    now = deps.clock.now()
    link = Link(
        token_hash=sha256_hex(token),
        tenant_id=scope.tenant_id,
        region=scope.region,
        msisdn=msisdn,
        lang=lang,
        created_at=now,
        expires_at=expires_at or now + timedelta(hours=deps.policy.link_ttl_h),
        simulated=simulated,
        order_id=order_id,
    )
    async with deps.db.write(scope) as uow:
        await uow.links.add(link)
        await uow.audit.write(
            AuditLine(actor, "link.make", link.token_hash[:16], _subject(deps, msisdn))
        )
    return token


async def open_visit(deps: Deps, request: OpenRequest, home: Scope) -> Opened:
    """Join the queue, or come back to the visit that the link is bound to.

    A link already open elsewhere raises LinkInUse unless `takeover` says that the customer
    answered the question; the old device is then shut out by its credential. `home` is the scope
    of walk-ins. Raises LinkInvalid, LinkExpired, LinkInUse, VisitGone.
    """
    if not request.link:
        return await _new_visit(deps, request, home, link=None)
    async with deps.db.read(None) as uow:
        link = await uow.links.get(sha256_hex(request.link))
    if link is None:
        raise LinkInvalid("unknown link")
    scope = Scope(link.tenant_id, link.region)
    if link.visit_id is not None:
        return await _return_by_link(deps, request, scope, link.visit_id)
    if link.expires_at <= deps.clock.now():
        raise LinkExpired("link expired")
    return await _new_visit(deps, request, scope, link=link)


async def _return_by_link(
    deps: Deps, request: OpenRequest, scope: Scope, visit_id: VisitId
) -> Opened:
    credential = deps.ids.token()
    async with deps.db.write(scope) as uow:
        visit = await uow.visits.get(visit_id)
        if visit.state not in OPEN_STATES:
            raise LinkExpired("visit is over")
        if not request.takeover:
            raise LinkInUse("open elsewhere")
        assert visit.customer_party_id is not None
        party_id = visit.customer_party_id
        await uow.parties.set_credential(party_id, sha256_hex(credential), request.device)
        await uow.tickets.void(party_id)  # the old device may have one in hand
        await uow.audit.write(AuditLine(party_id, "visit.take_over", visit_id))
    return Opened(scope, visit_id, party_id, credential, resumed=True, taken_over=True)


async def _new_visit(deps: Deps, request: OpenRequest, scope: Scope, link: Link | None) -> Opened:
    visit_id = VisitId(deps.ids.new("vis"))
    party_id = PartyId(deps.ids.new("pty"))
    credential = deps.ids.token()
    now = deps.clock.now()
    msisdn = link.msisdn if link else None
    record = await deps.bss.find(msisdn) if msisdn else None
    async with deps.db.write(scope) as uow:
        if link is not None and not await uow.links.consume(link.token_hash, visit_id):
            raise LinkInUse("opened at the same time")
        priority = await _priority(deps, uow, scope, record)
        group = await uow.skill_groups.by_code(
            "elder_care" if priority == ELDER_PRIORITY else "general"
        )
        visit = Visit(
            id=visit_id,
            tenant_id=scope.tenant_id,
            region=scope.region,
            skill_group_id=group.id,
            state=VisitState.WAITING,
            priority=priority,
            lang="en" if record is not None and record.dialect == "english" else request.lang,
            entered_at=now,
            simulated=link.simulated if link else False,
            recording_consent=request.recording,
            msisdn=msisdn,
            customer_party_id=party_id,
        )
        first = None
        if link is not None and link.companion_of is not None:
            first = await joining.first_visit(uow, link)
            joining.join(visit, first, now)
        await uow.visits.add(visit)
        await uow.parties.add(
            Party(
                id=party_id,
                tenant_id=TenantId(scope.tenant_id),
                region=Region(scope.region),
                visit_id=visit_id,
                kind="customer",
                credential_hash=sha256_hex(credential),
                device=request.device,
                created_at=now,
            )
        )
        await uow.audit.write(
            AuditLine(
                party_id,
                "visit.open",
                visit_id,
                _subject(deps, msisdn),
                {"recording": request.recording.value},
            )
        )
        if first is not None:
            await joining.announce(uow, visit, first)
    deps.poke()
    return Opened(
        scope,
        visit_id,
        party_id,
        credential,
        resumed=False,
        taken_over=False,
        companion=first is not None,
    )


async def _priority(deps: Deps, uow: UnitOfWork, scope: Scope, record: Subscriber | None) -> int:
    if record is None:
        return NORMAL_PRIORITY
    tenant = await uow.tenants.get(scope.tenant_id)
    today = deps.clock.now().astimezone(ZoneInfo(tenant.timezone)).date()
    return priority_for(record.birth, today, asked=record.elder_care)


def _subject(deps: Deps, msisdn: Msisdn | None) -> str:
    """The audit log names people by a keyed hash, so that deletion leaves the chain whole."""
    return deps.keys.blind_index(msisdn) if msisdn else ""


def require_serving(visit: Visit, caller: StaffCaller) -> None:
    """Only the agent at the desk may act on a visit, and only while it is being served."""
    if visit.agent_id != caller.id or visit.state is not VisitState.SERVING:
        raise VisitGone("not serving this visit", state=visit.state.value)


async def set_lang(deps: Deps, caller: CustomerCaller, lang: str) -> None:
    """The customer chose another language; texts made by the server follow."""
    async with deps.db.write(caller.scope) as uow:
        visit = await uow.visits.get(caller.party.visit_id)
        if visit.state not in OPEN_STATES:
            raise VisitGone("over", state=visit.state.value)
        visit.lang = lang
        await uow.visits.save(visit)
