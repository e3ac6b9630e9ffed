"""The demo's helpers: links, simulated customers, the customer's phone. 404 outside the demo."""

from __future__ import annotations

from vcounter.domain.errors import InvalidInput, TooMany
from vcounter.domain.msisdn import parse_msisdn
from vcounter.http import wire
from vcounter.http.counter import Counter
from vcounter.http.openapi import Ctx, Routes
from vcounter.services.context import StaffCaller
from vcounter.services.visits import open_visit

routes = Routes("demo")
Staff = Ctx[Counter, StaffCaller]


@routes.route(
    "POST",
    "/demo/links",
    body=wire.DemoLink,
    returns=wire.DemoLinkOut,
    status=201,
    auth="staff",
    demo=True,
    errors=(InvalidInput,),
)
async def post_demo_link(ctx: Staff, body: wire.DemoLink) -> wire.DemoLinkOut:
    """Make a link as the SMS would carry it."""
    msisdn = parse_msisdn(body.msisdn) if body.msisdn else None
    token = await open_visit.make_link(ctx.services.deps, ctx.caller, msisdn=msisdn, lang=body.lang)
    return wire.DemoLinkOut(url=f"{ctx.services.settings.base_url}/c/{token}")


@routes.route(
    "POST",
    "/demo/customers",
    body=wire.DemoCustomer,
    returns=wire.DemoStarted,
    status=202,
    auth="staff",
    demo=True,
    errors=(TooMany, InvalidInput),
)
async def post_demo_customer(ctx: Staff, body: wire.DemoCustomer) -> wire.DemoStarted:
    """Start one simulated customer, who calls in and follows the steps."""
    await ctx.services.start_simulated(ctx.caller, body.case)
    return wire.DemoStarted(started=True)


@routes.route(
    "GET", "/demo/subscribers", returns=list[wire.DemoSubscriber], auth="staff", demo=True
)
async def get_demo_subscribers(ctx: Staff) -> list[dict[str, object]]:
    """The fictitious subscribers and what is special about each."""
    return await ctx.services.demo_subscribers()


@routes.route("GET", "/demo/inbox", returns=list[wire.InboxMessage], demo=True)
async def get_demo_inbox(ctx: Ctx[Counter, None]) -> list[dict[str, object]]:
    """What a customer's phone received, or, without a number, what all of them did; newest first.

    Only in the demo, only fictitious numbers."""
    asked = ctx.request.query_params.get("msisdn", "")
    return await ctx.services.inbox(parse_msisdn(asked) if asked else None)


@routes.route(
    "POST",
    "/demo/simulated_links",
    body=wire.DemoLink,
    returns=wire.DemoToken,
    status=201,
    demo=True,
    errors=(InvalidInput, TooMany),
)
async def post_simulated_link(ctx: Ctx[Counter, None], body: wire.DemoLink) -> wire.DemoToken:
    """A link for a simulated customer; the visit it opens is marked as simulated."""
    counter = ctx.services
    await counter.limits.take("simulated", ctx.client)
    msisdn = parse_msisdn(body.msisdn) if body.msisdn else None
    token = await open_visit.store_link(
        counter.deps,
        counter.home,
        actor="demo",
        msisdn=msisdn,
        lang=body.lang,
        simulated=True,
    )
    return wire.DemoToken(link=token)
