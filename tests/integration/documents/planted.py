"""A done order in a visit's name, as the use cases would have left it."""

from __future__ import annotations

from datetime import timedelta

from vcounter.domain.ids import OrderId, VisitId
from vcounter.domain.order import Order, OrderState
from vcounter.services.context import Deps
from vcounter.services.orders.order_views import freeze_quote
from vcounter.services.ports import Scope


async def plant_done_order(
    deps: Deps,
    scope: Scope,
    visit_id: str,
    action_id: str = "suspend_service",
    *,
    days_ago: int = 0,
) -> OrderId:
    """Settle one order of the visit's number with what the operator quotes for it."""
    now = deps.clock.now() - timedelta(days=days_ago)
    async with deps.db.read(scope) as uow:
        visit = await uow.visits.get(VisitId(visit_id))
        zone = (await uow.tenants.get(scope.tenant_id)).timezone
    maker = visit.agent_id or visit.last_agent_id
    assert visit.msisdn is not None
    assert visit.customer_party_id is not None
    assert maker is not None
    quote = await deps.bss.quote(action_id, visit.msisdn, {"scope": "both"})
    order = Order(
        id=OrderId(deps.ids.new("ord")),
        tenant_id=scope.tenant_id,
        region=scope.region,
        visit_id=visit.id,
        party_id=visit.customer_party_id,
        action_id=action_id,
        msisdn=visit.msisdn,
        maker_id=maker,
        idempotency_key=deps.ids.token(16),
        inputs={"scope": "both"},
        state=OrderState.SUCCEEDED,
        created_at=now,
        confirmed_at=now,
        submitted_at=now,
        settled_at=now,
        result=freeze_quote(quote, zone),
    )
    async with deps.db.write(scope) as uow:
        await uow.orders.add(order)
    return order.id
