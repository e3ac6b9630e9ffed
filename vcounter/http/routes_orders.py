"""The business actions: their forms, and an order's way from draft to receipt."""

from __future__ import annotations

from starlette.responses import Response

from vcounter.domain.errors import (
    ActionClosed,
    AssuranceTooLow,
    DocumentUnavailable,
    Forbidden,
    InvalidInput,
    KeyReused,
    MediaUnavailable,
    NotFound,
    NotRecording,
    OperatorUnavailable,
    PreconditionFailed,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import OrderId, VisitId
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.files import pdf_file
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.orders import (
    disclose,
    paper_receipt,
    reversal,
    run_action,
    second_holder,
    switches,
)
from vcounter.services.visits import companions
from vcounter.services.visits.desk import may_see_visit

routes = Routes("orders")
Staff = Ctx[Counter, StaffCaller]
DESK = ("agent", "team_lead")


@routes.route("GET", "/actions", returns=list[wire.ActionOut], auth="staff")
async def get_actions(ctx: Staff) -> list[dict[str, object]]:
    """The catalogue of 31 with the JSON Schema of each form, and whether it is offered now."""
    return await switches.offered(ctx.services.deps, ctx.caller)


@routes.route(
    "POST",
    "/visits/{visit_id}/orders",
    body=wire.NewOrder,
    returns=wire.OrderOut,
    status=201,
    auth="staff",
    role=DESK,
    idempotent=True,
    errors=(
        ActionClosed,
        AssuranceTooLow,
        InvalidInput,
        KeyReused,
        NotFound,
        NotRecording,
        OperatorUnavailable,
        PreconditionFailed,
        VisitGone,
    ),
)
async def post_order(ctx: Staff, body: wire.NewOrder) -> dict[str, object]:
    """Prepare an order: every check, and in plain words what it means. Nothing happens yet."""
    return await run_action.prepare_order(
        ctx.services.deps,
        ctx.caller,
        VisitId(ctx.path["visit_id"]),
        body.action_id,
        body.inputs,
        ctx.idempotency_key,
        body.due_at,
    )


@routes.route(
    "GET",
    "/orders/{order_id}",
    returns=wire.OrderOut,
    auth="staff",
    role=DESK,
    errors=(NotFound, VisitGone),
)
async def get_order(ctx: Staff) -> dict[str, object]:
    """One order, for the visit's agent or a team lead. Audited."""
    deps, order_id = ctx.services.deps, OrderId(ctx.path["order_id"])
    async with deps.db.read(ctx.caller.scope) as uow:
        visit_id = (await uow.orders.get(order_id)).visit_id
    await may_see_visit(deps, ctx.caller, visit_id)
    return await run_action.read_order(deps, ctx.caller, order_id)


@routes.route(
    "POST",
    "/orders/{order_id}/present",
    returns=wire.OrderOut,
    auth="staff",
    role=DESK,
    errors=(NotFound, VisitGone, WrongState, ActionClosed, MediaUnavailable),
)
async def post_present(ctx: Staff) -> dict[str, object]:
    """Put the order on the customer's screen, to be confirmed there."""
    return await run_action.present_order(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"])
    )


@routes.route(
    "POST",
    "/orders/{order_id}/invite",
    returns=wire.InvitedOut,
    auth="staff",
    role=DESK,
    errors=(NotFound, VisitGone, WrongState, PreconditionFailed, OperatorUnavailable, TooMany),
)
async def post_invite(ctx: Staff) -> dict[str, object]:
    """Ask the order's second holder, by SMS, to join from a phone of their own."""
    return await companions.invite_second(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"])
    )


@routes.route(
    "POST",
    "/orders/{order_id}/present_second",
    returns=wire.OrderOut,
    auth="staff",
    role=DESK,
    errors=(
        AssuranceTooLow,
        MediaUnavailable,
        NotFound,
        NotRecording,
        PreconditionFailed,
        VisitGone,
        WrongState,
    ),
)
async def post_present_second(ctx: Staff) -> dict[str, object]:
    """Put the order on the second holder's screen, to be confirmed there."""
    return await second_holder.present_to_second(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"])
    )


@routes.route(
    "POST",
    "/orders/{order_id}/cancel",
    returns=wire.OrderOut,
    auth="staff",
    role=DESK,
    errors=(NotFound, Forbidden, WrongState),
)
async def post_cancel(ctx: Staff) -> dict[str, object]:
    """Take back an order that has not gone to the operator."""
    return await run_action.cancel_order(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"])
    )


@routes.route(
    "POST",
    "/orders/{order_id}/show",
    returns=wire.OrderOut,
    auth="staff",
    role=DESK,
    errors=(NotFound, VisitGone, WrongState, MediaUnavailable),
)
async def post_show(ctx: Staff) -> dict[str, object]:
    """Put a done disclosure back on the customer's screen, for a while and a few times only."""
    return await disclose.show_again(ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"]))


@routes.route(
    "GET",
    "/orders/{order_id}/receipt",
    produces="application/pdf",
    auth="staff",
    role=(*DESK, "admin"),
    errors=(NotFound, VisitGone, TooMany, DocumentUnavailable),
)
async def get_receipt(ctx: Staff) -> Response:
    """A copy of a done order's receipt in large print, without the undo link. Audited."""
    await ctx.services.limits.take("documents", ctx.caller.id)
    order_id = OrderId(ctx.path["order_id"])
    pdf = await paper_receipt.print_for_staff(ctx.services.deps, ctx.caller, order_id)
    return pdf_file(pdf, order_id)


@routes.route(
    "POST",
    "/orders/{order_id}/reversal",
    returns=wire.OrderOut,
    status=201,
    auth="staff",
    role=DESK,
    idempotent=True,
    errors=(
        AssuranceTooLow,
        InvalidInput,
        KeyReused,
        NotFound,
        NotRecording,
        OperatorUnavailable,
        PreconditionFailed,
        VisitGone,
        WrongState,
    ),
)
async def post_reversal(ctx: Staff) -> dict[str, object]:
    """Prepare the taking back of a done order, in the visit at the desk: this one or a later one of
    the same number. The customer confirms it like any order."""
    return await reversal.prepare_reversal(
        ctx.services.deps, ctx.caller, OrderId(ctx.path["order_id"]), ctx.idempotency_key
    )
