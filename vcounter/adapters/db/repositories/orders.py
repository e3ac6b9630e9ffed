"""Orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db.cipher import RowCipher
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.orders import orders
from vcounter.domain.errors import KeyReused, WrongState
from vcounter.domain.ids import (
    ImageId,
    Msisdn,
    OrderId,
    PartyId,
    Region,
    StaffId,
    TenantId,
    VisitId,
)
from vcounter.domain.order import Order, OrderState
from vcounter.services.ports import OrderLine, OrderQuery

_LISTED = (
    orders.c.id,
    orders.c.tenant_id,
    orders.c.region,
    orders.c.visit_id,
    orders.c.action_id,
    orders.c.msisdn,
    orders.c.maker_id,
    orders.c.state,
    orders.c.created_at,
    orders.c.settled_at,
    orders.c.failure,
    orders.c.assurance,
)

T = TypeVar("T")


class OrderRepository(Repository):
    """OrderRepo; `in_states`, `to_try` and `due` cross tenants without a scope."""

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

    async def search(self, query: OrderQuery) -> list[OrderLine]:
        """One column is opened for each row, and the keys of all come in one query."""
        wanted = (
            select(*_LISTED)
            .where(self._mine(orders), *self._filters(query))
            .order_by(orders.c.created_at.desc(), orders.c.id.desc())
            .limit(query.limit)
        )
        rows = await self._all(wanted)
        await self._warm(rows)
        return [await self._line(row) for row in rows]

    def _filters(self, query: OrderQuery) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if query.msisdn is not None:
            found.append(orders.c.msisdn_index == self._index(query.msisdn))
        if query.action_id is not None:
            found.append(orders.c.action_id == query.action_id)
        if query.state is not None:
            found.append(orders.c.state == query.state.value)
        if query.makers is not None:
            found.append(orders.c.maker_id.in_(query.makers))
        if query.since is not None:
            found.append(orders.c.created_at >= query.since)
        if query.until is not None:
            found.append(orders.c.created_at < query.until)
        if query.before is not None:
            at, order_id = query.before
            same = and_(orders.c.created_at == at, orders.c.id < order_id)
            found.append(or_(orders.c.created_at < at, same))
        return found

    async def _line(self, row: Row[Any]) -> OrderLine:
        cipher = await self._opener(orders, row.id, row, row.visit_id)
        return OrderLine(
            id=OrderId(row.id),
            visit_id=VisitId(row.visit_id),
            action_id=row.action_id,
            msisdn=Msisdn(cipher.open("msisdn", row.msisdn)),
            maker_id=StaffId(row.maker_id),
            state=OrderState(row.state),
            created_at=row.created_at,
            settled_at=row.settled_at,
            failure=row.failure,
            assurance=row.assurance,
        )

    async def in_states(self, states: Sequence[OrderState], limit: int = 200) -> list[Order]:
        """Oldest first."""
        query = select(orders).where(
            self._mine_or_all(orders), orders.c.state.in_([state.value for state in states])
        )
        return await self._many(query.order_by(orders.c.created_at, orders.c.id).limit(limit))

    async def of_key(self, idempotency_key: str) -> Order | None:
        query = select(orders).where(
            self._mine_or_all(orders), orders.c.idempotency_key == idempotency_key
        )
        return next(iter(await self._many(query.limit(1))), None)

    async def page(
        self, states: Sequence[OrderState], limit: int, after: OrderId | None = None
    ) -> list[Order]:
        query = select(orders).where(
            self._mine(orders), orders.c.state.in_([state.value for state in states])
        )
        return await self._page(query, limit, after)

    async def to_try(
        self, states: Sequence[OrderState], now: datetime, limit: int = 200
    ) -> list[Order]:
        """Those nobody waits with and nobody gave up, oldest first."""
        query = select(orders).where(
            self._mine_or_all(orders),
            orders.c.state.in_([state.value for state in states]),
            orders.c.dead_since.is_(None),
            or_(orders.c.next_try_at.is_(None), orders.c.next_try_at <= now),
        )
        return await self._many(query.order_by(orders.c.created_at, orders.c.id).limit(limit))

    async def due(self, now: datetime, limit: int = 200) -> list[Order]:
        query = select(orders).where(
            self._mine_or_all(orders),
            orders.c.state == OrderState.SCHEDULED.value,
            orders.c.due_at <= now,
        )
        return await self._many(query.order_by(orders.c.due_at, orders.c.id).limit(limit))

    async def dead(self, limit: int, after: OrderId | None = None) -> list[Order]:
        query = select(orders).where(self._mine(orders), orders.c.dead_since.is_not(None))
        return await self._page(query, limit, after)

    async def reversals_of(self, order_id: OrderId) -> list[Order]:
        query = select(orders).where(self._mine(orders), orders.c.reverses_id == order_id)
        return await self._many(query.order_by(orders.c.created_at, orders.c.id))

    async def of_second_visit(self, visit_id: VisitId) -> list[Order]:
        query = select(orders).where(self._mine(orders), orders.c.second_visit_id == visit_id)
        return await self._many(query.order_by(orders.c.created_at, orders.c.id))

    async def _page(self, query: Select[Any], limit: int, after: OrderId | None) -> list[Order]:
        """In order of ids, which is that of their making."""
        if after is not None:
            query = query.where(orders.c.id > after)
        return await self._many(query.order_by(orders.c.id).limit(limit))

    async def _many(self, query: Select[Any]) -> list[Order]:
        rows = await self._all(query)
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
            reverses_id=_maybe(OrderId, row.reverses_id),
            approver_id=_maybe(StaffId, row.approver_id),
            approval=cipher.open_map("approval", row.approval) if row.approval else {},
            due_at=row.due_at,
            second_party_id=_maybe(PartyId, row.second_party_id),
            second_visit_id=_maybe(VisitId, row.second_visit_id),
            second_confirmed_at=row.second_confirmed_at,
            signature_image_id=_maybe(ImageId, row.signature_image_id),
            attempts=row.attempts,
            next_try_at=row.next_try_at,
            dead_since=row.dead_since,
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
        "approver_id": order.approver_id,
        "approval": cipher.seal_map("approval", order.approval) if order.approval else None,
        "due_at": order.due_at,
        "second_party_id": order.second_party_id,
        "second_visit_id": order.second_visit_id,
        "second_confirmed_at": order.second_confirmed_at,
        "signature_image_id": order.signature_image_id,
        "attempts": order.attempts,
        "next_try_at": order.next_try_at,
        "dead_since": order.dead_since,
    }


def _maybe(kind: Callable[[str], T], value: str | None) -> T | None:
    return None if value is None else kind(value)
