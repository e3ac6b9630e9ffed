"""Logins of staff, and single-use tickets to the signaling socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from vcounter.domain.agent import AgentState, NotReadyReason
from vcounter.domain.errors import LoginRefused, NotSignedIn
from vcounter.domain.ids import StaffId, TenantId
from vcounter.services.context import (
    CustomerCaller,
    Deps,
    StaffCaller,
    sha256_hex,
)
from vcounter.services.ports import AgentSession, AuditLine, Scope, StaffRecord, Ticket


class PasswordHasher(Protocol):
    """argon2id behind a port; both calls take tens of milliseconds and run off the event loop."""

    async def verify(self, password_hash: str, password: str) -> bool: ...
    async def burn(self, password: str) -> None:
        """Take as long as a verification, so that unknown names cannot be told apart."""
        ...

    def totp_ok(self, secret: str, code: str) -> bool: ...


async def sign_in(
    deps: Deps,
    hasher: PasswordHasher,
    *,
    tenant_id: TenantId,
    login: str,
    password: str,
    otp: str,
    device_id: str,
) -> tuple[StaffCaller, str]:
    """Open an agent session and return it with the cookie's secret value.

    Raises LoginRefused for a wrong name, password or second factor, an expired or a disabled
    login; which of them it was is in the audit log only.
    """
    record = await _find(deps, tenant_id, login)
    if record is None:
        await hasher.burn(password)
        raise LoginRefused("unknown login")
    scope = Scope(record.agent.tenant_id, record.agent.region)
    good = await hasher.verify(record.password_hash, password)
    if good and record.totp_secret:
        good = hasher.totp_ok(record.totp_secret, otp)
    now = deps.clock.now()
    over = record.expires_at is not None and record.expires_at <= now
    if not good or over or record.disabled:
        async with deps.db.write(scope) as uow:
            await uow.audit.write(
                AuditLine(record.agent.id, "staff.login_refused", record.agent.id)
            )
        raise LoginRefused("refused")
    secret = deps.ids.token()
    session = AgentSession(
        token_hash=sha256_hex(secret),
        staff_id=record.agent.id,
        tenant_id=record.agent.tenant_id,
        region=record.agent.region,
        device_id=device_id,
        created_at=now,
        expires_at=now + timedelta(hours=deps.policy.agent_session_h),
    )
    async with deps.db.write(scope) as uow:
        await uow.sessions.add(session)
        agent = (await uow.staff.get(record.agent.id)).agent
        if agent.state is AgentState.OFFLINE:
            agent.become_not_ready(NotReadyReason.SIGNED_IN, now)
            await uow.staff.save(agent)
        await uow.audit.write(AuditLine(agent.id, "staff.login", agent.id))
    return StaffCaller(session, agent), secret


async def _find(deps: Deps, tenant_id: TenantId, login: str) -> StaffRecord | None:
    async with deps.db.read(None) as uow:
        scopes = [s for s in await uow.tenants.scopes() if s.tenant_id == tenant_id]
    for scope in scopes:
        async with deps.db.read(scope) as uow:
            record = await uow.staff.by_login(login)
        if record is not None:
            return record
    return None


async def staff_caller(deps: Deps, secret: str) -> StaffCaller:
    """Who a cookie belongs to. Raises NotSignedIn when revoked, expired or disabled since."""
    async with deps.db.read(None) as uow:
        session = await uow.sessions.get(sha256_hex(secret)) if secret else None
    now = deps.clock.now()
    if session is None or session.revoked_at is not None or session.expires_at <= now:
        raise NotSignedIn("no session")
    async with deps.db.read(Scope(session.tenant_id, session.region)) as uow:
        record = await uow.staff.get(session.staff_id)
    over = record.expires_at is not None and record.expires_at <= now
    if record.disabled or over:
        raise NotSignedIn("login ended")
    return StaffCaller(session, record.agent)


async def sign_out(deps: Deps, caller: StaffCaller) -> None:
    """Revoke this login; the agent goes offline unless a customer is at the desk."""
    now = deps.clock.now()
    async with deps.db.write(caller.scope) as uow:
        await uow.sessions.revoke(caller.session.token_hash, now)
        await uow.tickets.void(caller.id)
        agent = (await uow.staff.get(caller.id)).agent
        if agent.state in (AgentState.READY, AgentState.NOT_READY):
            agent.go_offline(now)
            await uow.staff.save(agent)
        await uow.audit.write(AuditLine(caller.id, "staff.logout", caller.id))


async def customer_caller(deps: Deps, credential: str) -> CustomerCaller:
    """Who a resume credential belongs to. Raises NotSignedIn."""
    async with deps.db.read(None) as uow:
        party = await uow.parties.by_credential(sha256_hex(credential)) if credential else None
    if party is None:
        raise NotSignedIn("no credential")
    return CustomerCaller(party)


async def staff_ticket(deps: Deps, caller: StaffCaller) -> str:
    """A single-use ticket to the signaling socket."""
    secret = deps.ids.token()
    ticket = Ticket(
        token_hash=sha256_hex(secret),
        tenant_id=caller.scope.tenant_id,
        region=caller.scope.region,
        role="agent",
        subject=caller.id,
        visit_id=None,
        expires_at=deps.clock.now() + timedelta(seconds=deps.policy.ticket_ttl_s),
    )
    async with deps.db.write(caller.scope) as uow:
        await uow.tickets.add(ticket)
    return secret


async def customer_ticket(deps: Deps, caller: CustomerCaller) -> str:
    """A single-use ticket to the signaling socket."""
    secret = deps.ids.token()
    ticket = Ticket(
        token_hash=sha256_hex(secret),
        tenant_id=caller.scope.tenant_id,
        region=caller.scope.region,
        role="customer",
        subject=caller.party.id,
        visit_id=caller.party.visit_id,
        expires_at=deps.clock.now() + timedelta(seconds=deps.policy.ticket_ttl_s),
    )
    async with deps.db.write(caller.scope) as uow:
        await uow.tickets.add(ticket)
    return secret


async def staff_by_id(deps: Deps, scope: Scope, staff_id: StaffId) -> StaffCaller:
    """The caller behind an open signaling connection, which a ticket of a login has made.

    Raises NotSignedIn when the login was disabled or has ended since.
    """
    async with deps.db.read(scope) as uow:
        record = await uow.staff.get(staff_id)
    now = deps.clock.now()
    if record.disabled or (record.expires_at is not None and record.expires_at <= now):
        raise NotSignedIn("login ended")
    session = AgentSession(
        token_hash="",
        staff_id=staff_id,
        tenant_id=scope.tenant_id,
        region=scope.region,
        device_id="",
        created_at=now,
        expires_at=now,
    )
    return StaffCaller(session, record.agent)
