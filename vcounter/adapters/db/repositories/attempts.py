"""Guesses and marks, counted for a number over all its visits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.attempts import attempts
from vcounter.domain.attempts import Attempt, AttemptKind, AttemptOutcome
from vcounter.domain.ids import VisitId


class AttemptRepository(Repository):
    """AttemptRepo."""

    async def add(self, attempt: Attempt) -> None:
        """Raises NotFound for another tenant's visit."""
        scope = self._tx.require_scope()
        await self._insert(
            attempts,
            {
                "id": attempt.id,
                "tenant_id": scope.tenant_id,
                "region": scope.region,
                "kind": attempt.kind.value,
                "subject": attempt.subject,
                "visit_id": attempt.visit_id,
                "at": attempt.at,
                "outcome": attempt.outcome.value,
                "expires_at": attempt.expires_at,
            },
        )

    async def settle(self, attempt_id: str, outcome: AttemptOutcome) -> None:
        """Raises NotFound if it is gone."""
        await self._update(attempts, attempt_id, {"outcome": outcome.value})

    async def since(self, kind: AttemptKind, subject: str, since: datetime) -> list[Attempt]:
        """Oldest first."""
        query = select(attempts).where(
            self._mine(attempts),
            attempts.c.kind == kind.value,
            attempts.c.subject == subject,
            attempts.c.at >= since,
        )
        return [_attempt(row) for row in await self._all(query.order_by(attempts.c.at))]

    async def count(self, kind: AttemptKind, subject: str) -> int:
        query = select(func.count()).where(
            self._mine(attempts), attempts.c.kind == kind.value, attempts.c.subject == subject
        )
        return int((await self._tx.connection.execute(query)).scalar_one())


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        id=row.id,
        kind=AttemptKind(row.kind),
        subject=row.subject,
        visit_id=VisitId(row.visit_id),
        at=row.at,
        outcome=AttemptOutcome(row.outcome),
        expires_at=row.expires_at,
    )
