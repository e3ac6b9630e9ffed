"""Logins, the desk, and the queue as staff see them."""

from __future__ import annotations

from starlette.responses import JSONResponse

from vcounter.domain.agent import AgentState, NotReadyReason
from vcounter.domain.errors import (
    LoginRefused,
    OfferGone,
    TooMany,
    WrongState,
)
from vcounter.domain.ids import TenantId, VisitId
from vcounter.http import wire
from vcounter.http.auth import COOKIE, DEVICE_COOKIE, set_login_cookies
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.staff import sign_in
from vcounter.services.views import me_view
from vcounter.services.visits import assign_visit, desk
from vcounter.services.visits.agent_view import agent_view

routes = Routes("staff")
Staff = Ctx[Counter, StaffCaller]


@routes.route(
    "POST", "/staff/login", body=wire.Login, returns=wire.Me, errors=(LoginRefused, TooMany)
)
async def post_login(ctx: Ctx[Counter, None], body: wire.Login) -> JSONResponse:
    """Sign in with name, password and, where enrolled, the second factor."""
    counter = ctx.services
    await counter.limits.take("login", f"{body.tenant}/{body.login}")
    await counter.limits.take("login_address", ctx.client)
    device = ctx.request.cookies.get(DEVICE_COOKIE, "") or counter.deps.ids.token(16)
    caller, secret = await sign_in.sign_in(
        counter.deps,
        counter.hasher,
        tenant_id=TenantId(body.tenant or counter.home.tenant_id),
        login=body.login,
        password=body.password,
        otp=body.otp,
        device_id=device,
    )
    response = JSONResponse(_me(counter, caller))
    set_login_cookies(response, secret, device, https=counter.settings.is_https)
    return response


def _me(counter: Counter, caller: StaffCaller) -> dict[str, object]:
    return me_view(caller.agent) | {"demo": counter.settings.demo}


@routes.route("POST", "/staff/logout", auth="staff", returns=wire.Accepted)
async def post_logout(ctx: Staff) -> JSONResponse:
    """Sign out and revoke this login."""
    await sign_in.sign_out(ctx.services.deps, ctx.caller)
    await ctx.services.shut_out_login(ctx.caller.id)
    response = JSONResponse({"accepted": True})
    response.delete_cookie(COOKIE, path="/")
    return response


@routes.route("GET", "/staff/me", returns=wire.Me, auth="staff")
async def get_me(ctx: Staff) -> dict[str, object]:
    """Who is signed in, and in which state."""
    return _me(ctx.services, ctx.caller)


@routes.route(
    "POST",
    "/staff/state",
    body=wire.SetState,
    returns=wire.Me,
    auth="staff",
    errors=(WrongState,),
)
async def post_state(ctx: Staff, body: wire.SetState) -> dict[str, object]:
    """Become ready, or not ready with a reason."""
    agent = await desk.set_state(
        ctx.services.deps, ctx.caller, AgentState(body.state), NotReadyReason(body.reason)
    )
    return me_view(agent) | {"demo": ctx.services.settings.demo}


@routes.route("POST", "/staff/ticket", returns=wire.TicketOut, auth="staff")
async def post_staff_ticket(ctx: Staff) -> wire.TicketOut:
    """A single-use ticket to the signaling socket."""
    ticket = await sign_in.staff_ticket(ctx.services.deps, ctx.caller)
    return wire.TicketOut(ticket=ticket, ws="/ws")


@routes.route("GET", "/desk", returns=wire.Desk, auth="staff")
async def get_desk(ctx: Staff) -> dict[str, object]:
    """All that the desk shows: me, the offer that rings, the visit in hand, the queue."""
    return await desk.desk_view(ctx.services.deps, ctx.caller)


@routes.route(
    "POST",
    "/offers/{visit_id}/accept",
    returns=wire.AgentView,
    auth="staff",
    role=("agent", "team_lead"),
    errors=(OfferGone,),
)
async def post_accept(ctx: Staff) -> dict[str, object]:
    """Take the call that rings. Safe to repeat."""
    visit_id = VisitId(ctx.path["visit_id"])
    await assign_visit.accept_offer(ctx.services.deps, ctx.caller, visit_id)
    await ctx.services.flow.begin_call(ctx.caller.scope, visit_id)
    return await agent_view(ctx.services.deps, ctx.caller, visit_id)


@routes.route(
    "POST",
    "/offers/{visit_id}/decline",
    auth="staff",
    role=("agent", "team_lead"),
    errors=(OfferGone,),
)
async def post_decline(ctx: Staff) -> None:
    """Do not take it: the customer keeps the place, the agent becomes not ready."""
    await assign_visit.decline_offer(ctx.services.deps, ctx.caller, VisitId(ctx.path["visit_id"]))
