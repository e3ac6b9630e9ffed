"""Evidence and SMS codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, select, update

from vcounter.adapters.db.dialects import upsert
from vcounter.adapters.db.repository import Repository, msisdn_index
from vcounter.adapters.db.tables.evidence import codes, evidence
from vcounter.adapters.db.tables.visits import visits
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Reference, Source, Zone
from vcounter.domain.ids import EvidenceId, ImageId, Msisdn, PartyId, StaffId, VisitId
from vcounter.services.ports import CodeRow


class EvidenceRepository(Repository):
    """EvidenceRepo: evidence is added and read, never changed; a face's goes with the consent."""

    async def add(self, evidence_: Evidence) -> None:
        scope = self._tx.require_scope()
        cipher = await self._visit_cipher(evidence, evidence_.id, evidence_.visit_id)
        await self._insert(
            evidence,
            {
                "id": evidence_.id,
                "tenant_id": scope.tenant_id,
                "region": scope.region,
                "visit_id": evidence_.visit_id,
                "party_id": evidence_.party_id,
                "msisdn": cipher.seal("msisdn", evidence_.msisdn),
                "kind": evidence_.kind.value,
                "outcome": evidence_.outcome.value,
                "at": evidence_.at,
                "reference": evidence_.reference.value,
                "zone": None if evidence_.zone is None else evidence_.zone.value,
                "image_id": evidence_.image_id,
                "by_staff": evidence_.by,
                "detail": cipher.seal_map("detail", evidence_.detail),
                "source": evidence_.source.value,
                "image_sha256": evidence_.image_sha256,
            },
        )

    async def of_visit(self, visit_id: VisitId) -> list[Evidence]:
        rows = await self._of_visit(evidence, visit_id, "at", "id")
        return [await self._evidence(row) for row in rows]

    async def delete(self, visit_id: VisitId, kinds: Sequence[EvidenceKind]) -> None:
        self._tx.require_writable()
        change = delete(evidence).where(
            self._mine(evidence),
            evidence.c.visit_id == visit_id,
            evidence.c.kind.in_([kind.value for kind in kinds]),
        )
        await self._tx.connection.execute(change)

    async def _evidence(self, row: Row[Any]) -> Evidence:
        cipher = await self._opener(evidence, row.id, row, row.visit_id)
        return Evidence(
            id=EvidenceId(row.id),
            visit_id=VisitId(row.visit_id),
            party_id=PartyId(row.party_id),
            msisdn=Msisdn(cipher.open("msisdn", row.msisdn)),
            kind=EvidenceKind(row.kind),
            outcome=Outcome(row.outcome),
            at=row.at,
            reference=Reference(row.reference),
            zone=None if row.zone is None else Zone(row.zone),
            image_id=None if row.image_id is None else ImageId(row.image_id),
            by=None if row.by_staff is None else StaffId(row.by_staff),
            source=Source(row.source),
            image_sha256=row.image_sha256,
            detail=cipher.open_map("detail", row.detail),
        )


class CodeRepository(Repository):
    """CodeRepo: one code for each (visit, number); the number is kept as a blind index only."""

    async def put(self, code: CodeRow) -> None:
        """Replaces the code in force so far. Raises NotFound for another tenant's visit."""
        self._tx.require_writable()
        scope = self._tx.require_scope()
        await self._by_id(visits, code.visit_id)
        values = {
            "tenant_id": scope.tenant_id,
            "region": scope.region,
            "visit_id": code.visit_id,
            "msisdn_index": msisdn_index(self._tx, code.msisdn),
            "code_hash": code.code_hash,
            "expires_at": code.expires_at,
            "tries_left": code.tries_left,
        }
        await self._tx.connection.execute(upsert(self._tx.dialect, codes, values))

    async def get(self, visit_id: VisitId, msisdn: Msisdn) -> CodeRow | None:
        """In a writing transaction the row is held: of two guesses at once, one waits."""
        query = select(codes).where(self._this(visit_id, msisdn))
        if self._tx.writable:
            query = query.with_for_update()
        row = (await self._tx.connection.execute(query)).one_or_none()
        if row is None:
            return None
        expires_at: datetime = row.expires_at
        return CodeRow(visit_id, msisdn, row.code_hash, expires_at, row.tries_left)

    async def spend_try(self, visit_id: VisitId, msisdn: Msisdn) -> int:
        """0 also when there was no try left or there is no code."""
        self._tx.require_writable()
        change = (
            update(codes)
            .where(self._this(visit_id, msisdn), codes.c.tries_left > 0)
            .values(tries_left=codes.c.tries_left - 1)
            .returning(codes.c.tries_left)
        )
        left: int | None = (await self._tx.connection.execute(change)).scalar_one_or_none()
        return left or 0

    async def delete(self, visit_id: VisitId, msisdn: Msisdn) -> None:
        """Does nothing if there is none."""
        self._tx.require_writable()
        await self._tx.connection.execute(delete(codes).where(self._this(visit_id, msisdn)))

    def _this(self, visit_id: VisitId, msisdn: Msisdn) -> ColumnElement[bool]:
        return and_(
            self._mine(codes),
            codes.c.visit_id == visit_id,
            codes.c.msisdn_index == msisdn_index(self._tx, msisdn),
        )
