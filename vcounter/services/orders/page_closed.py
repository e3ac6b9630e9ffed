"""The operator's word that a customer's page is over: the order is asked about at once.

The sweep would find it too; this only spares the customer the wait.
"""

from __future__ import annotations

from vcounter.services.context import Deps
from vcounter.services.orders.commit_order import ask_operator
from vcounter.services.ports import Scope


async def page_closed(deps: Deps, idempotency_key: str) -> None:
    """Settle the order that goes by this key at the operator. A key of nobody's is ignored."""
    async with deps.db.read(None) as uow:
        order = await uow.orders.of_key(idempotency_key)
    if order is not None:
        await ask_operator(deps, Scope(order.tenant_id, order.region), order.id)
