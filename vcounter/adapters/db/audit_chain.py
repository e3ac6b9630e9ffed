"""The audit chain's storage: unsealed lines, sealed lines in order, signed heads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from vcounter.adapters.db.dialects import hold_until_commit
from vcounter.adapters.db.engine import SqlDatabase
from vcounter.adapters.db.tables.journal import audit_heads, audit_lines
from vcounter.adapters.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """One audit line as stored; `seq`, `prev_hash` and `hash` are None until it is sealed."""

    id: int
    tenant_id: str
    region: str
    at: datetime
    actor: str
    verb: str
    object: str
    subject: str
    detail: str
    seq: int | None = None
    prev_hash: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """A line's place in the chain."""

    line_id: int
    seq: int
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's end after a batch, signed."""

    seq: int
    hash: str
    at: datetime
    key_id: str
    signature: str


class AuditChain:
    """Access for the sealer and the verifier; of all tenants, since the chain is one."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def sealing(self) -> AsyncIterator[Sealing]:
        """A transaction that only one sealer has at a time, whichever node or process it runs in.

        Business transactions are not held up by it in PostgreSQL; in SQLite it takes its turn as
        any other writer.
        """
        async with self._database.write_transaction(None) as transaction:
            await hold_until_commit(transaction.connection, "vcounter audit sealer")
            yield Sealing(transaction)

    async def page_after(self, seq: int, limit: int) -> tuple[list[Line], list[Head]]:
        """Sealed lines by their place, beginning after `seq`, and the heads after it: one moment's
        view, whatever a sealer does meanwhile."""
        lines = select(audit_lines).where(audit_lines.c.seq > seq).order_by(audit_lines.c.seq)
        heads = select(audit_heads).where(audit_heads.c.seq > seq).order_by(audit_heads.c.seq)
        async with self._database.read_transaction(None) as transaction:
            found = (await transaction.connection.execute(lines.limit(limit))).all()
            signed = (await transaction.connection.execute(heads.limit(limit))).all()
        return [_line(row) for row in found], [_head(row) for row in signed]

    async def with_verb(self, verb: str, since: datetime | None) -> list[Line]:
        """Lines of one verb, sealed or not, oldest first; of all tenants."""
        query = select(audit_lines).where(audit_lines.c.verb == verb)
        if since is not None:
            query = query.where(audit_lines.c.at >= since)
        async with self._database.read_transaction(None) as transaction:
            found = await transaction.connection.execute(query.order_by(audit_lines.c.id))
        return [_line(row) for row in found.all()]

    async def unsealed(self) -> int:
        """How many lines wait for the sealer."""
        query = select(func.count()).select_from(audit_lines).where(audit_lines.c.seq.is_(None))
        async with self._database.read_transaction(None) as transaction:
            return (await transaction.connection.execute(query)).scalar_one()

    async def heads_after(self, seq: int, limit: int) -> list[Head]:
        """Signed heads by their place, beginning after `seq`."""
        query = select(audit_heads).where(audit_heads.c.seq > seq)
        async with self._database.read_transaction(None) as transaction:
            found = await transaction.connection.execute(
                query.order_by(audit_heads.c.seq).limit(limit)
            )
        return [_head(row) for row in found.all()]


class Sealing:
    """The sealer's own transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._connection = transaction.connection

    async def last(self) -> tuple[int, str] | None:
        """Place and hash of the last sealed line."""
        query = select(audit_lines.c.seq, audit_lines.c.hash).where(audit_lines.c.seq.is_not(None))
        row = (
            await self._connection.execute(query.order_by(audit_lines.c.seq.desc()).limit(1))
        ).one_or_none()
        return None if row is None else (row.seq, row.hash)

    async def unsealed(self, limit: int) -> list[Line]:
        """Lines to seal, by the time they were written."""
        query = select(audit_lines).where(audit_lines.c.seq.is_(None))
        found = await self._connection.execute(query.order_by(audit_lines.c.id).limit(limit))
        return [_line(row) for row in found.all()]

    async def seal(self, seals: Sequence[Seal], head: Head) -> None:
        """Give the lines their places and keep the head, in the same transaction."""
        change = (
            update(audit_lines)
            .where(audit_lines.c.id == bindparam("line_id"), audit_lines.c.seq.is_(None))
            .values(
                seq=bindparam("to_seq"),
                prev_hash=bindparam("to_prev_hash"),
                hash=bindparam("to_hash"),
            )
        )
        await self._connection.execute(
            change,
            [
                {
                    "line_id": seal.line_id,
                    "to_seq": seal.seq,
                    "to_prev_hash": seal.prev_hash,
                    "to_hash": seal.hash,
                }
                for seal in seals
            ],
        )
        await self._connection.execute(
            insert(audit_heads).values(
                seq=head.seq,
                hash=head.hash,
                at=head.at,
                key_id=head.key_id,
                signature=head.signature,
            )
        )


def _line(row: Row[Any]) -> Line:
    return Line(
        id=row.id,
        tenant_id=row.tenant_id,
        region=row.region,
        at=row.at,
        actor=row.actor,
        verb=row.verb,
        object=row.object,
        subject=row.subject,
        detail=row.detail,
        seq=row.seq,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )


def _head(row: Row[Any]) -> Head:
    return Head(row.seq, row.hash, row.at, row.key_id, row.signature)
