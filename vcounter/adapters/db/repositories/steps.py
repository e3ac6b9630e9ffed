"""Steps on the customer's screen, and chat messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from vcounter.adapters.db import statements
from vcounter.adapters.db.repository import Repository, on_unique
from vcounter.adapters.db.tables.visits import messages, steps
from vcounter.domain.errors import StepGone, WrongState
from vcounter.domain.ids import MessageId, OrderId, Region, StepId, TenantId, VisitId
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.services.ports import ChatMessage


class StepRepository(Repository):
    """StepRepo. The schema holds that at most one step of a visit is pushed."""

    async def add(self, step: Step) -> None:
        """Raises WrongState if another step is up, NotFound for another tenant's visit."""
        scope = self._tx.require_scope()
        cipher = await self._visit_cipher(steps, step.id, step.visit_id)
        values = {
            "id": step.id,
            "tenant_id": scope.tenant_id,
            "region": scope.region,
            "visit_id": step.visit_id,
            "kind": step.kind.value,
            "state": step.state.value,
            "pushed_at": step.pushed_at,
            "params": cipher.seal_map("params", step.params),
            "sealed": step.sealed,
            "order_id": step.order_id,
            "outcome": cipher.seal_map("outcome", step.outcome),
            "ended_at": step.ended_at,
            "version": step.version,
        }
        try:
            await self._insert(steps, values)
        except IntegrityError as error:
            on_unique(error, WrongState("another step is up", state=StepState.PUSHED.value))

    async def get(self, step_id: StepId) -> Step:
        return await self._step(await self._by_id(steps, step_id))

    async def save(self, step: Step) -> None:
        """Raises StepGone if `step.version` is stale; increments it otherwise."""
        cipher = await self._visit_cipher(steps, step.id, step.visit_id)
        values = {
            "state": step.state.value,
            "params": cipher.seal_map("params", step.params),
            "order_id": step.order_id,
            "outcome": cipher.seal_map("outcome", step.outcome),
            "ended_at": step.ended_at,
        }
        stale = StepGone("stale step", state=step.state.value)
        await self._update_version(steps, step.id, step.version, values, stale)
        step.version += 1

    async def current(self, visit_id: VisitId) -> Step | None:
        query = statements.of_visit_in_state(steps, StepState.PUSHED.value)
        mine = statements.of_scope(self._tx.require_scope(), visit_id=visit_id)
        row = (await self._tx.connection.execute(query, mine)).one_or_none()
        return None if row is None else await self._step(row)

    async def of_visit(self, visit_id: VisitId) -> list[Step]:
        rows = await self._of_visit(steps, visit_id, "pushed_at", "id")
        return [await self._step(row) for row in rows]

    async def _step(self, row: Row[Any]) -> Step:
        cipher = await self._opener(steps, row.id, row, row.visit_id)
        return Step(
            id=StepId(row.id),
            visit_id=VisitId(row.visit_id),
            kind=StepKind(row.kind),
            state=StepState(row.state),
            pushed_at=row.pushed_at,
            params=cipher.open_map("params", row.params),
            sealed=row.sealed,
            order_id=None if row.order_id is None else OrderId(row.order_id),
            outcome=cipher.open_map("outcome", row.outcome),
            ended_at=row.ended_at,
            version=row.version,
        )


class MessageRepository(Repository):
    """MessageRepo."""

    async def add(self, message: ChatMessage) -> None:
        self._check_scope(message.tenant_id, message.region)
        cipher = await self._visit_cipher(messages, message.id, message.visit_id)
        await self._insert(
            messages,
            {
                "id": message.id,
                "tenant_id": message.tenant_id,
                "region": message.region,
                "visit_id": message.visit_id,
                "sender": message.sender,
                "text": cipher.seal("text", message.text),
                "at": message.at,
            },
        )

    async def of_visit(self, visit_id: VisitId) -> list[ChatMessage]:
        """In the order they were written."""
        rows = await self._of_visit(messages, visit_id, "at", "id")
        return [await self._message(row) for row in rows]

    async def _message(self, row: Row[Any]) -> ChatMessage:
        cipher = await self._opener(messages, row.id, row, row.visit_id)
        return ChatMessage(
            id=MessageId(row.id),
            tenant_id=TenantId(row.tenant_id),
            region=Region(row.region),
            visit_id=VisitId(row.visit_id),
            sender=row.sender,
            text=cipher.open("text", row.text),
            at=row.at,
        )
