"""The second person's list: orders that wait for a team lead."""

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
from vcounter.services.orders import approval

routes = Routes("approvals")
Staff = Ctx[Counter, StaffCaller]


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
