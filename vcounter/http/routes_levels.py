"""Levels beyond the usual: without a face, L3, the referee's desk, fraud, a fresh reference."""

from __future__ import annotations

from starlette.responses import Response

from vcounter.domain.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    OperatorUnavailable,
    PreconditionFailed,
    TooMany,
    VisitGone,
    WrongState,
)
from vcounter.domain.identity import Outcome
from vcounter.domain.ids import VisitId
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.identity import (
    contact_code,
    evidence_pack,
    fraud,
    new_contact,
    questions,
    re_enrol,
    read_back,
    referrals,
    second_person,
)
from vcounter.services.views import step_view

routes = Routes("levels")
Staff = Ctx[Counter, StaffCaller]
DESK = ("agent", "team_lead")


def _visit(ctx: Staff) -> VisitId:
    return VisitId(ctx.path["visit_id"])


@routes.route(
    "POST",
    "/visits/{visit_id}/questions",
    returns=list[wire.Question],
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed, TooMany, OperatorUnavailable),
)
async def post_questions(ctx: Staff) -> list[dict[str, object]]:
    """Draw three control questions with the expected answers; an open draw comes again. Audited."""
    return await questions.draw_questions(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "POST",
    "/visits/{visit_id}/questions/answers",
    body=wire.QuestionMarks,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, WrongState, InvalidInput),
)
async def post_question_answers(ctx: Staff, body: wire.QuestionMarks) -> dict[str, object]:
    """Mark the customer's answers to all drawn questions."""
    return await questions.answer_questions(
        ctx.services.deps, ctx.caller, _visit(ctx), body.answers
    )


@routes.route(
    "POST",
    "/visits/{visit_id}/contact_code",
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed, TooMany, OperatorUnavailable),
)
async def post_contact_code(ctx: Staff) -> dict[str, object]:
    """Send a code to the enrolled contact and put the pad on the customer's screen."""
    return step_view(
        await contact_code.send_contact_code(ctx.services.deps, ctx.caller, _visit(ctx))
    )


@routes.route(
    "POST",
    "/visits/{visit_id}/new_contact_code",
    body=wire.SetNumber,
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed, TooMany, OperatorUnavailable),
)
async def post_new_contact_code(ctx: Staff, body: wire.SetNumber) -> dict[str, object]:
    """Send a code to the number that is to be the contact and put the pad on the screen."""
    return step_view(
        await new_contact.send_new_contact_code(
            ctx.services.deps, ctx.caller, _visit(ctx), body.msisdn
        )
    )


@routes.route(
    "POST",
    "/visits/{visit_id}/read_back",
    returns=wire.StepOut,
    status=201,
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed, OperatorUnavailable),
)
async def post_read_back(ctx: Staff) -> dict[str, object]:
    """Have the customer confirm what was decided, in their own words."""
    return step_view(await read_back.push_read_back(ctx.services.deps, ctx.caller, _visit(ctx)))


@routes.route(
    "POST",
    "/visits/{visit_id}/approval",
    body=wire.Reason,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput, PreconditionFailed),
)
async def post_approval(ctx: Staff, body: wire.Reason) -> dict[str, object]:
    """Ask a second person to approve."""
    return await second_person.ask_approval(ctx.services.deps, ctx.caller, _visit(ctx), body.reason)


@routes.route(
    "POST",
    "/visits/{visit_id}/fraud",
    body=wire.Fraud,
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, InvalidInput),
)
async def post_fraud(ctx: Staff, body: wire.Fraud) -> dict[str, object]:
    """Mark or unmark suspected fraud: nothing commits meanwhile, the leads are called."""
    return await fraud.flag_fraud(
        ctx.services.deps, ctx.caller, _visit(ctx), on=body.on, reason=body.reason
    )


@routes.route("GET", "/referrals", returns=list[wire.OpenReferral], auth="staff", role="team_lead")
async def get_referrals(ctx: Staff) -> list[dict[str, object]]:
    """The referee's queue, oldest first, with the customers' records. Audited."""
    return await referrals.open_referrals(ctx.services.deps, ctx.caller)


@routes.route(
    "POST",
    "/referrals/{visit_id}/decision",
    body=wire.Decision,
    returns=wire.Identity,
    auth="staff",
    role="team_lead",
    errors=(Forbidden, InvalidInput, WrongState, VisitGone),
)
async def post_referral_decision(ctx: Staff, body: wire.Decision) -> dict[str, object]:
    """The lead's decision or second approval, with its reason."""
    return await referrals.decide(
        ctx.services.deps, ctx.caller, _visit(ctx), Outcome(body.outcome), body.reason
    )


@routes.route(
    "GET",
    "/referrals/stats",
    returns=wire.ReferralStats,
    auth="staff",
    role=("team_lead", "admin"),
    query=wire.StatsQuery,
)
async def get_referral_stats(ctx: Staff) -> dict[str, object]:
    """How customers were identified in the last `days` days (1-366, default 30), and how often a
    referee was needed and why. Audited."""
    days = ctx.query_as(wire.StatsQuery).days
    return await referrals.referral_stats(ctx.services.deps, ctx.caller, days)


@routes.route(
    "POST",
    "/visits/{visit_id}/enrolment",
    returns=wire.Identity,
    auth="staff",
    role=DESK,
    errors=(VisitGone, PreconditionFailed, OperatorUnavailable),
)
async def post_enrolment(ctx: Staff) -> dict[str, object]:
    """Keep today's face as the operator's newest photograph. Safe to repeat."""
    return await re_enrol.enrol_face(ctx.services.deps, ctx.caller, _visit(ctx))


@routes.route(
    "POST",
    "/visits/{visit_id}/evidence_pack",
    body=wire.Reason,
    produces="application/zip",
    auth="staff",
    role=("team_lead", "admin"),
    errors=(NotFound, InvalidInput),
)
async def post_evidence_pack(ctx: Staff, body: wire.Reason) -> Response:
    """One visit's evidence as a signed zip file; it holds personal data. Audited."""
    deps = ctx.services.deps
    source = evidence_pack.PackSource(
        deps.db, deps.keys, deps.blobs, deps.clock, deps.ids, ctx.services.signer
    )
    request = evidence_pack.PackRequest(ctx.caller.id, "http", body.reason)
    pack = await evidence_pack.evidence_pack(source, ctx.caller.scope, _visit(ctx), request)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{_visit(ctx)}.zip"',
    }
    return Response(pack, media_type="application/zip", headers=headers)
