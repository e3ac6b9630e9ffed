"""SMS: texts for the administrator, delivery receipts from the gateway."""

from __future__ import annotations

from vcounter.domain.errors import InvalidInput, NotFound, NotSignedIn, WrongState
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.sms import templates

routes = Routes("sms")
Staff = Ctx[Counter, StaffCaller]


@routes.route(
    "GET", "/sms/templates", returns=list[wire.SmsTemplateOut], auth="staff", role="admin"
)
async def get_sms_templates(ctx: Staff) -> list[dict[str, object]]:
    """All texts in force, with version, length and segments."""
    return await templates.list_templates(ctx.services.deps, ctx.caller)


@routes.route(
    "PUT",
    "/sms/templates/{template_id}",
    body=wire.SmsTemplateIn,
    returns=wire.SmsTemplateOut,
    auth="staff",
    role="admin",
    errors=(InvalidInput, WrongState),
)
async def put_sms_template(ctx: Staff, body: wire.SmsTemplateIn) -> dict[str, object]:
    """Put a new version of a text in force; earlier ones are kept."""
    return await templates.put_template(
        ctx.services.deps,
        ctx.caller,
        ctx.path["template_id"],
        {"zh-CN": body.zh, "en": body.en},
        body.version,
    )


@routes.route(
    "POST",
    "/sms/receipts",
    accepts="application/json",
    max_bytes=4096,
    errors=(NotSignedIn, InvalidInput, NotFound),
)
async def post_sms_receipt(ctx: Ctx[Counter, None], body: bytes) -> None:
    """What became of a message, from the HTTP gateway, signed by its secret. Safe to repeat."""
    if not await ctx.services.take_sms_receipt(ctx.request.headers, body):
        raise NotFound("no message of that name")
