"""What was before: a number's history at the desk, looking orders up, taking them out."""

from __future__ import annotations

from starlette.responses import Response

from vcounter.domain.errors import (
    DocumentUnavailable,
    InvalidInput,
    NotFound,
    TooMany,
    VisitGone,
)
from vcounter.domain.ids import VisitId
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.files import xlsx_file
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.history import export_orders, number_history, search_orders

routes = Routes("history")
Staff = Ctx[Counter, StaffCaller]
SEARCHES = ("team_lead", "admin")
EXPORTS = ("team_lead",)  # looking up is one thing, taking thousands out another


@routes.route(
    "GET",
    "/visits/{visit_id}/history",
    returns=wire.History,
    auth="staff",
    role=("agent", "team_lead"),
    errors=(NotFound, VisitGone),
)
async def get_history(ctx: Staff) -> dict[str, object]:
    """Earlier visits, orders and tickets about the number at the desk. Audited."""
    return await number_history.history_of(
        ctx.services.deps, ctx.caller, VisitId(ctx.path["visit_id"])
    )


@routes.route(
    "POST",
    "/orders/search",
    body=wire.OrderSearchIn,
    returns=wire.OrderPage,
    auth="staff",
    role=SEARCHES,
    errors=(InvalidInput,),
)
async def post_order_search(ctx: Staff, body: wire.OrderSearchIn) -> dict[str, object]:
    """Orders by number, action, state, day and agent, newest first, page by page. Audited."""
    return await search_orders.search_orders(ctx.services.deps, ctx.caller, _search(body))


@routes.route(
    "POST",
    "/orders/export",
    body=wire.OrderExportIn,
    produces="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    auth="staff",
    role=EXPORTS,
    errors=(InvalidInput, TooMany, DocumentUnavailable),
)
async def post_order_export(ctx: Staff, body: wire.OrderExportIn) -> Response:
    """What a search finds as a spreadsheet, 5,000 rows at most, numbers masked. Audited."""
    await ctx.services.limits.take("documents", ctx.caller.id)
    sheet = await export_orders.export_orders(
        ctx.services.deps, ctx.caller, _search(body), body.lang
    )
    return xlsx_file(sheet, "orders")


def _search(body: wire.OrderSearchIn) -> search_orders.OrderSearch:
    return search_orders.OrderSearch(
        msisdn=body.msisdn,
        action_id=body.action_id,
        state=body.state,
        since=body.since,
        until=body.until,
        agent=body.agent,
        cursor=body.cursor,
    )
