"""Orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.cipher import RowCipher
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.orders import orders
from vcounter.domain.errors import KeyReused, WrongState
from vcounter.domain.ids import Msisdn, OrderId, PartyId, Region, StaffId, TenantId, VisitId
from vcounter.domain.order import Order, OrderState


class OrderRepository(Repository):
    """OrderRepo; `in_states` crosses tenants without a scope."""

    async def add(self, order: Order) -> None:
        """Raises KeyReused if another order of the tenant has its idempotency key."""
        self._check_scope(order.tenant_id, order.region)
        cipher = await self._visit_cipher(orders, order.id, order.visit_id)
        fixed = {
            "id": order.id,
            "tenant_id": order.tenant_id,
            "region": order.region,
            "visit_id": order.visit_id,
            "party_id": order.party_id,
            "action_id": order.action_id,
            "msisdn": cipher.seal("msisdn", order.msisdn),
            "msisdn_index": self._index(order.msisdn),
            "maker_id": order.maker_id,
            "idempotency_key": order.idempotency_key,
            "created_at": order.created_at,
            "reverses_id": order.reverses_id,
            "version": order.version,
        }
        try:
            await self._insert(orders, {**fixed, **_changeable(order, cipher)})
        except IntegrityError as error:
            on_unique(error, KeyReused("the idempotency key is another order's"))

    async def get(self, order_id: OrderId) -> Order:
        return await self._order(await self._by_id(orders, order_id))

    async def save(self, order: Order) -> None:
        cipher = await self._visit_cipher(orders, order.id, order.visit_id)
        stale = WrongState("stale order", state=order.state.value)
        await self._update_version(
            orders, order.id, order.version, _changeable(order, cipher), stale
        )
        order.version += 1

    async def of_visit(self, visit_id: VisitId) -> list[Order]:
        rows = await self._of_visit(orders, visit_id, "created_at", "id")
        return [await self._order(row) for row in rows]

    async def in_states(self, states: Sequence[OrderState], limit: int = 200) -> list[Order]:
        """Oldest first."""
        query = select(orders).where(
            self._mine_or_all(orders), orders.c.state.in_([state.value for state in states])
        )
        rows = await self._all(query.order_by(orders.c.created_at, orders.c.id).limit(limit))
        await self._warm(rows)
        return [await self._order(row) for row in rows]

    async def _order(self, row: Row[Any]) -> Order:
        cipher = await self._opener(orders, row.id, row, row.visit_id)
        return Order(
            id=OrderId(row.id),
            tenant_id=TenantId(row.tenant_id),
            region=Region(row.region),
            visit_id=VisitId(row.visit_id),
            party_id=PartyId(row.party_id),
            action_id=row.action_id,
            msisdn=Msisdn(cipher.open("msisdn", row.msisdn)),
            maker_id=StaffId(row.maker_id),
            idempotency_key=row.idempotency_key,
            inputs=cipher.open_map("inputs", row.inputs),
            state=OrderState(row.state),
            created_at=row.created_at,
            bss_version=row.bss_version,
            assurance=row.assurance,
            reference=row.reference,
            confirmed_at=row.confirmed_at,
            submitted_at=row.submitted_at,
            settled_at=row.settled_at,
            failure=row.failure,
            result=cipher.open_map("result", row.result),
            reverses_id=None if row.reverses_id is None else OrderId(row.reverses_id),
            version=row.version,
        )


def _changeable(order: Order, cipher: RowCipher) -> dict[str, object]:
    return {
        "inputs": cipher.seal_map("inputs", order.inputs),
        "state": order.state.value,
        "bss_version": order.bss_version,
        "assurance": order.assurance,
        "reference": order.reference,
        "confirmed_at": order.confirmed_at,
        "submitted_at": order.submitted_at,
        "settled_at": order.settled_at,
        "failure": order.failure,
        "result": cipher.seal_map("result", order.result),
    }
