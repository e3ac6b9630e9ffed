"""What the customer's page asks for. Every route but the first wants the visit's credential."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from vcounter.domain.errors import (
    CodeWrong,
    DocumentUnavailable,
    ImageUnusable,
    InvalidInput,
    LinkExpired,
    LinkInUse,
    LinkInvalid,
    MediaUnavailable,
    NotFound,
    PayloadTooLarge,
    StepGone,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.ids import OrderId, StepId
from vcounter.domain.visit import RecordingConsent
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.files import pdf_file
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import CustomerCaller
from vcounter.services.identity import attempts
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.orders import order_steps, paper_receipt
from vcounter.services.orders.disclose import reveal_step
from vcounter.services.orders.pages import page_of_step
from vcounter.services.staff import sign_in
from vcounter.services.visits import close_visit, open_visit, talk
from vcounter.services.visits.customer_view import customer_view

routes = Routes("customer")
Customer = Ctx[Counter, CustomerCaller]
MAX_IMAGE_BYTES = 12 * 1024 * 1024


@routes.route(
    "POST",
    "/visits",
    body=wire.OpenVisit,
    returns=wire.VisitOpened,
    status=201,
    errors=(LinkInvalid, LinkExpired, LinkInUse, TooMany),
)
async def post_visit(ctx: Ctx[Counter, None], body: wire.OpenVisit) -> wire.VisitOpened:
    """Join the queue, or come back to the visit that the link is bound to."""
    counter = ctx.services
    await counter.limits.take("visits", ctx.client)
    request = open_visit.OpenRequest(
        link=body.link,
        lang=body.lang,
        recording=RecordingConsent(body.recording),
        takeover=body.takeover,
        device=body.device,
    )
    opened = await open_visit.open_visit(counter.deps, request, counter.home)
    if opened.taken_over:
        await counter.shut_out_others(opened.party_id)
    if opened.companion:
        await counter.flow.begin_call(opened.scope, opened.visit_id)
    counter.flow.expect_customer(opened.scope, opened.party_id, opened.visit_id)
    return wire.VisitOpened(
        visit_id=opened.visit_id,
        party_id=opened.party_id,
        credential=opened.credential,
        resumed=opened.resumed,
    )


@routes.route("GET", "/visit", returns=wire.CustomerView, auth="customer")
async def get_own_visit(ctx: Customer) -> dict[str, object]:
    """The customer's own visit: state, agent, place, step, words, receipts."""
    return await customer_view(ctx.services.deps, ctx.caller)


@routes.route("POST", "/visit/ticket", returns=wire.TicketOut, auth="customer")
async def post_own_ticket(ctx: Customer) -> wire.TicketOut:
    """A single-use ticket to the signaling socket."""
    ticket = await sign_in.customer_ticket(ctx.services.deps, ctx.caller)
    return wire.TicketOut(ticket=ticket, ws="/ws")


@routes.route("POST", "/visit/leave", auth="customer")
async def post_leave(ctx: Customer) -> None:
    """Hang up, or leave the queue. Safe to repeat."""
    await close_visit.leave(ctx.services.deps, ctx.caller)


@routes.route("POST", "/visit/call_back", auth="customer", errors=(WrongState,))
async def post_call_back(ctx: Customer) -> None:
    """Take a call back instead of waiting."""
    await close_visit.ask_call_back(ctx.services.deps, ctx.caller)


@routes.route("POST", "/visit/lang", body=wire.SetLang, auth="customer", errors=(VisitGone,))
async def post_lang(ctx: Customer, body: wire.SetLang) -> None:
    """Change the language of the visit, for texts made by the server."""
    await open_visit.set_lang(ctx.services.deps, ctx.caller, body.lang)


@routes.route(
    "POST",
    "/visit/messages",
    body=wire.Say,
    returns=wire.MessageOut,
    status=201,
    auth="customer",
    errors=(VisitGone, InvalidInput),
)
async def post_own_message(ctx: Customer, body: wire.Say) -> dict[str, object]:
    """Say something in writing."""
    return await talk.say_as_customer(ctx.services.deps, ctx.caller, body.text)


@routes.route(
    "POST",
    "/visit/steps/{step_id}/answer",
    body=wire.Answer,
    auth="customer",
    errors=(StepGone, InvalidInput, CodeWrong, TooMany),
)
async def post_answer(ctx: Customer, body: wire.Answer) -> None:
    """Answer the step that is up."""
    await order_steps.answer_step(
        ctx.services.deps, ctx.caller, StepId(ctx.path["step_id"]), body.answer
    )


@routes.route(
    "POST",
    "/visit/steps/{step_id}/image",
    accepts="image/jpeg, image/png",
    max_bytes=MAX_IMAGE_BYTES,
    returns=wire.Accepted,
    auth="customer",
    errors=(StepGone, ImageUnusable, PayloadTooLarge, MediaUnavailable, TooMany),
)
async def post_image(ctx: Customer, body: bytes) -> wire.Accepted:
    """Send a still of the card or the face, a signature or a photo, for the step that is up."""
    await ctx.services.limits.take("uploads", ctx.caller.party.id)
    step_id = StepId(ctx.path["step_id"])
    await attempts.take_upload(
        ctx.services.deps, ctx.caller.scope, ctx.caller.party.visit_id, step_id
    )
    await take_picture(ctx.services.deps, ctx.caller, step_id, body)
    return wire.Accepted(accepted=True)


@routes.route(
    "POST",
    "/visit/steps/{step_id}/reveal",
    returns=wire.Revealed,
    auth="customer",
    errors=(StepGone, MediaUnavailable, VisitGone),
)
async def post_reveal(ctx: Customer) -> JSONResponse:
    """The disclosure behind a sealed step, for this screen alone; never cached, never logged."""
    shown = await reveal_step(ctx.services.deps, ctx.caller, StepId(ctx.path["step_id"]))
    return JSONResponse(asdict(shown), headers={"Cache-Control": "no-store"})


@routes.route(
    "GET",
    "/visit/receipts/{order_id}",
    produces="application/pdf",
    auth="customer",
    errors=(NotFound, TooMany, DocumentUnavailable),
)
async def get_own_receipt(ctx: Customer) -> Response:
    """One of the visit's receipts in large print, to keep or to print. Audited."""
    await ctx.services.limits.take("documents", ctx.caller.party.id)
    order_id = OrderId(ctx.path["order_id"])
    pdf = await paper_receipt.print_for_customer(ctx.services.deps, ctx.caller, order_id)
    return pdf_file(pdf, order_id)


@routes.route(
    "POST",
    "/visit/steps/{step_id}/page",
    returns=wire.PageAddress,
    auth="customer",
    errors=(StepGone, VisitGone),
)
async def post_page(ctx: Customer) -> JSONResponse:
    """The address of the operator's own page, for this screen alone; never cached, never logged."""
    url = await page_of_step(ctx.services.deps, ctx.caller, StepId(ctx.path["step_id"]))
    return JSONResponse({"url": url}, headers={"Cache-Control": "no-store"})
