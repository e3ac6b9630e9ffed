"""What the agent at the desk does with one visit: steps, words, identity, end and wrap-up."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from signaling.media.client import content_type
from vcounter.domain.errors import (
    ConsentMissing,
    InvalidInput,
    MediaUnavailable,
    NotFound,
    PreconditionFailed,
    StepGone,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.identity import Outcome
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.msisdn import parse_msisdn
from vcounter.domain.steps import StepKind
from vcounter.http import wire
from vcounter.http.byte_range import ranged
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.identity import (
    decide_identity,
    key_document,
    read_cards,
    referrals,
    send_code,
)
from vcounter.services.identity.face_challenge import take_snapshot
from vcounter.services.views import step_view
from vcounter.services.visits import close_visit, companions, desk, guide, numbers, recordings, talk
from vcounter.services.visits.agent_view import agent_view

routes = Routes("visits")
Staff = Ctx[Counter, StaffCaller]
DESK = ("agent", "team_lead")


def _visit(ctx: Staff) -> VisitId:
    return VisitId(ctx.path["visit_id"])


@routes.route(
    "GET",
    "/visits/{visit_id}",
    returns=wire.AgentView,
    auth="staff",
    role=DESK,
    errors=(VisitGone,),
)
async def get_visit(ctx: Staff) -> dict[str, object]:
    """One visit whole, for its agent or a team lead. Audited."""
    await desk.may_see_visit(ctx.services.deps, ctx.caller, _visit(ctx))
    return await agent_view(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "POST",
    "/visits/{visit_id}/number",
    body=wire.SetNumber,
    returns=wire.AgentView,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed),
)
async def post_number(ctx: Staff, body: wire.SetNumber) -> dict[str, object]:
    """Key the subscriber number that the customer told."""
    await numbers.set_number(ctx.services.deps, ctx.caller, _visit(ctx), parse_msisdn(body.msisdn))
    return await agent_view(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "POST",
    "/visits/{visit_id}/steps",
    body=wire.PushStep,
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, ConsentMissing, PreconditionFailed, InvalidInput, MediaUnavailable, TooMany),
)
async def post_step(ctx: Staff, body: wire.PushStep) -> dict[str, object]:
    """Push a step to the customer's screen; it replaces the one that is up."""
    step = await guide.push(
        ctx.services.deps, ctx.caller, _visit(ctx), StepKind(body.kind), body.params
    )
    ctx.services.flow.step_pushed(ctx.caller.scope, step)
    return step_view(step)


@routes.route(
    "DELETE",
    "/visits/{visit_id}/steps/{step_id}",
    auth="staff",
    role=DESK,
    errors=(StepGone, VisitGone),
)
async def delete_step(ctx: Staff) -> None:
    """Take a step off the customer's screen."""
    await guide.cancel(ctx.services.deps, ctx.caller, _visit(ctx), StepId(ctx.path["step_id"]))


@routes.route(
    "POST",
    "/visits/{visit_id}/messages",
    body=wire.Say,
    returns=wire.MessageOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput),
)
async def post_message(ctx: Staff, body: wire.Say) -> dict[str, object]:
    """Say something in writing to the customer."""
    return await talk.say_as_agent(ctx.services.deps, ctx.caller, _visit(ctx), body.text)


@routes.route(
    "POST",
    "/visits/{visit_id}/snapshot",
    returns=wire.ImageRef,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, MediaUnavailable),
)
async def post_snapshot(ctx: Staff) -> wire.ImageRef:
    """Keep one frame of the customer's picture, from the server's own stream."""
    image = await take_snapshot(ctx.services.deps, ctx.caller, _visit(ctx))
    return wire.ImageRef(image_id=image.id)


@routes.route(
    "POST",
    "/visits/{visit_id}/document",
    body=wire.Document,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed),
)
async def post_document(ctx: Staff, body: wire.Document) -> dict[str, object]:
    """Key what the card's picture shows; it is checked against itself and the record."""
    until = body.valid_until if isinstance(body.valid_until, date) else None
    document = key_document.KeyedDocument(body.number, body.name, body.valid_from, until, body.type)
    counter = ctx.services
    return await key_document.key_document(
        counter.deps, counter.check_document, ctx.caller, _visit(ctx), document
    )


@routes.route(
    "GET",
    "/visits/{visit_id}/card",
    returns=wire.CardOut,
    auth="staff",
    role=DESK,
    errors=(VisitGone,),
)
async def get_card(ctx: Staff) -> Response:
    """What the card reads, beside the operator's record. Audited; never cached."""
    visit = await desk.may_see_visit(ctx.services.deps, ctx.caller, _visit(ctx))
    found = await read_cards.card_view(ctx.services.deps, ctx.caller, visit)
    body = wire.CardOut.model_validate(found).model_dump_json()
    headers = {"Cache-Control": "no-store"}
    return Response(body, media_type="application/json", headers=headers)


@routes.route(
    "POST",
    "/visits/{visit_id}/retake",
    body=wire.Retake,
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, ConsentMissing, PreconditionFailed, InvalidInput, TooMany),
)
async def post_retake(ctx: Staff, body: wire.Retake) -> dict[str, object]:
    """Ask for a picture again and say why, in the customer's words."""
    step = await guide.retake(
        ctx.services.deps, ctx.caller, _visit(ctx), StepKind(body.kind), body.reason
    )
    ctx.services.flow.step_pushed(ctx.caller.scope, step)
    return step_view(step)


@routes.route(
    "POST",
    "/visits/{visit_id}/decision",
    body=wire.Decision,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, WrongState, PreconditionFailed),
)
async def post_decision(ctx: Staff, body: wire.Decision) -> dict[str, object]:
    """The agent's own decision on what was gathered."""
    return await decide_identity.decide_as_agent(
        ctx.services.deps, ctx.caller, _visit(ctx), Outcome(body.outcome), body.reason
    )


@routes.route(
    "POST",
    "/visits/{visit_id}/referral",
    body=wire.Reason,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed),
)
async def post_referral(ctx: Staff, body: wire.Reason) -> dict[str, object]:
    """Ask a trained referee to decide."""
    return await referrals.refer(ctx.services.deps, ctx.caller, _visit(ctx), body.reason)


@routes.route(
    "POST",
    "/visits/{visit_id}/sms_code",
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed, TooMany),
)
async def post_sms_code(ctx: Staff) -> dict[str, object]:
    """Send a single-use code to the number and put the pad on the customer's screen."""
    return step_view(await send_code.send_code(ctx.services.deps, ctx.caller, _visit(ctx)))


@routes.route(
    "POST",
    "/visits/{visit_id}/facts",
    body=wire.Facts,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed, TooMany),
)
async def post_facts(ctx: Staff, body: wire.Facts) -> dict[str, object]:
    """Told facts for protective actions only (level L1a)."""
    facts = decide_identity.ProtectiveFacts(
        body.name, body.document_number, body.fact_code, body.answer, body.call_back
    )
    return await decide_identity.check_facts(ctx.services.deps, ctx.caller, _visit(ctx), facts)


@routes.route(
    "GET",
    "/visits/{visit_id}/questions",
    returns=list[wire.Question],
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed),
)
async def get_questions(ctx: Staff) -> list[dict[str, object]]:
    """Control questions with the expected answers. Audited."""
    return await decide_identity.control_questions(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "GET",
    "/visits/{visit_id}/images/{image_id}",
    produces="image/jpeg",
    auth="staff",
    role=DESK,
    errors=(VisitGone, NotFound),
)
async def get_image(ctx: Staff) -> Response:
    """One picture kept as evidence. Audited."""
    visit = await desk.may_see_visit(ctx.services.deps, ctx.caller, _visit(ctx))
    jpeg = await decide_identity.view_image(
        ctx.services.deps, ctx.caller, visit, ctx.path["image_id"]
    )
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@routes.route(
    "POST",
    "/visits/{visit_id}/duress",
    body=wire.Duress,
    auth="staff",
    role=DESK,
    errors=(VisitGone,),
)
async def post_duress(ctx: Staff, body: wire.Duress) -> None:
    """Mark silently that the customer seems coached or frightened: nothing commits meanwhile."""
    await decide_identity.mark_coerced(ctx.services.deps, ctx.caller, _visit(ctx), on=body.on)


@routes.route(
    "POST",
    "/visits/{visit_id}/turn_to",
    auth="staff",
    role=DESK,
    errors=(VisitGone, NotFound),
)
async def post_turn_to(ctx: Staff) -> None:
    """Speak with this one of two holders; the other is asked to wait. Safe to repeat."""
    await companions.turn_to(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route("POST", "/visits/{visit_id}/end", auth="staff", role=DESK, errors=(VisitGone,))
async def post_end(ctx: Staff) -> None:
    """Hang up and wrap up. Safe to repeat."""
    await close_visit.end_by_agent(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "POST",
    "/visits/{visit_id}/wrap_up",
    body=wire.WrapUp,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput),
)
async def post_wrap_up(ctx: Staff, body: wire.WrapUp) -> None:
    """Close the visit with the ticked outcome."""
    await close_visit.wrap_up(
        ctx.services.deps, ctx.caller, _visit(ctx), body.disposition, body.tags, body.note
    )


@routes.route(
    "GET",
    "/recordings/{visit_id}",
    returns=wire.RecordingOut,
    auth="staff",
    role=("agent", "team_lead", "admin"),
    errors=(NotFound, VisitGone),
)
async def get_recording(ctx: Staff) -> dict[str, object]:
    """Whether a visit's recording can be played yet, and which parties it holds."""
    await _may_replay(ctx)
    return await recordings.recording_view(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "GET",
    "/recordings/{visit_id}/{party}",
    produces="video/webm",
    auth="staff",
    role=("agent", "team_lead", "admin"),
    errors=(NotFound, VisitGone),
)
async def get_recording_file(ctx: Staff) -> Response:
    """One party's side of a recording, by ranges. Audited."""
    await _may_replay(ctx)
    data = await recordings.read_recording(
        ctx.services.deps, ctx.caller, _visit(ctx), ctx.path["party"]
    )
    return ranged(data, ctx.request.headers.get("range", ""), content_type(data))


async def _may_replay(ctx: Staff) -> None:
    if ctx.caller.role != "admin":
        await desk.may_see_visit(ctx.services.deps, ctx.caller, _visit(ctx))
