"""What leads do about orders: approve them, take dead ones up again, switch actions on and off."""

from __future__ import annotations

from vcounter.domain.errors import (
    AssuranceTooLow,
    Forbidden,
    InvalidInput,
    MediaUnavailable,
    NotFound,
    NotRecording,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import OrderId
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.orders import approval, dead_letters, switches

routes = Routes("approvals")
Staff = Ctx[Counter, StaffCaller]
SWITCHERS = ("team_lead", "admin")


@routes.route(
    "GET",
    "/approvals",
    returns=wire.OpenApprovals,
    auth="staff",
    role="team_lead",
    query=wire.Page,
    errors=(InvalidInput,),
)
async def get_approvals(ctx: Staff) -> dict[str, object]:
    """Orders that wait for a second person, oldest first, as the agent sees them. Audited."""
    page = ctx.query_as(wire.Page)
    after = OrderId(page.after) if page.after else None
    return await approval.open_approvals(ctx.services.deps, ctx.caller, page.limit, after)


@routes.route(
    "POST",
    "/orders/{order_id}/approval",
    body=wire.ApprovalWord,
    returns=wire.OrderOut,
    auth="staff",
    role="team_lead",
    errors=(
        NotFound,
        Forbidden,
        InvalidInput,
        WrongState,
        VisitGone,
        AssuranceTooLow,
        NotRecording,
        MediaUnavailable,
    ),
)
async def post_order_approval(ctx: Staff, body: wire.ApprovalWord) -> dict[str, object]:
    """Approve or refuse an order, with the reason. An approved one goes to the operator at once."""
    return await approval.decide_order(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"]), body.decision, body.reason
    )


@routes.route(
    "GET",
    "/orders/dead",
    returns=wire.DeadOrders,
    auth="staff",
    role="team_lead",
    query=wire.Page,
    errors=(InvalidInput,),
)
async def get_dead_orders(ctx: Staff) -> dict[str, object]:
    """Orders whose outcome nobody could tell, or that were left half undone. Audited."""
    page = ctx.query_as(wire.Page)
    after = OrderId(page.after) if page.after else None
    return await dead_letters.dead_orders(ctx.services.deps, ctx.caller, page.limit, after)


@routes.route(
    "POST",
    "/orders/{order_id}/retry",
    returns=wire.OrderOut,
    auth="staff",
    role="team_lead",
    errors=(NotFound, WrongState),
)
async def post_retry(ctx: Staff) -> dict[str, object]:
    """Take a dead order up again: the operator is asked at once. Audited."""
    order_id = OrderId(ctx.path["order_id"])
    return await dead_letters.retry_order(ctx.services.deps, ctx.caller, order_id)


@routes.route(
    "GET",
    "/action_switches/{action_id}",
    returns=list[wire.SwitchOut],
    auth="staff",
    role=SWITCHERS,
    errors=(NotFound,),
)
async def get_switches(ctx: Staff) -> list[dict[str, object]]:
    """When and to whom an action is offered in this region; none: to all, around the clock."""
    return await switches.read_switches(ctx.services.deps, ctx.caller, ctx.path["action_id"])


@routes.route(
    "PUT",
    "/action_switches/{action_id}",
    body=wire.SetSwitch,
    returns=list[wire.SwitchOut],
    auth="staff",
    role=SWITCHERS,
    errors=(NotFound, InvalidInput),
)
async def put_switch(ctx: Staff, body: wire.SetSwitch) -> list[dict[str, object]]:
    """Set a role's switch, or everybody's. Audited."""
    return await switches.set_switch(
        ctx.services.deps,
        ctx.caller,
        ctx.path["action_id"],
        role=body.role,
        enabled=body.enabled,
        opens=body.opens,
        closes=body.closes,
    )
