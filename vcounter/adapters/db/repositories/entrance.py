"""How people come in: links, parties with their credentials, signaling tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from vcounter.adapters.db.repository import Repository
from vcounter.adapters.db.tables.visits import links, parties, tickets
from vcounter.domain.ids import Msisdn, OrderId, PartyId, Region, TenantId, VisitId
from vcounter.services.ports import Link, Party, Ticket


class LinkRepository(Repository):
    """LinkRepo; without a scope the token alone tells whose link it is."""

    async def add(self, link: Link) -> None:
        scope = self._check_scope_if_any(link.tenant_id, link.region)
        cipher = await self._tenant_cipher(scope, links, link.token_hash)
        await self._insert(
            links,
            {
                "token_hash": link.token_hash,
                "tenant_id": link.tenant_id,
                "region": link.region,
                "msisdn": cipher.seal_optional("msisdn", link.msisdn),
                "msisdn_index": self._index(link.msisdn),
                "lang": link.lang,
                "created_at": link.created_at,
                "expires_at": link.expires_at,
                "visit_id": link.visit_id,
                "simulated": link.simulated,
                "order_id": link.order_id,
                "companion_of": link.companion_of,
            },
        )

    async def get(self, token_hash: str) -> Link | None:
        query = select(links).where(self._mine_or_all(links), links.c.token_hash == token_hash)
        row = (await self._tx.connection.execute(query)).one_or_none()
        return None if row is None else await self._open(row)

    async def of_visit(self, visit_id: VisitId) -> Link | None:
        rows = await self._of_visit(links, visit_id, "created_at", "token_hash")
        return await self._open(rows[0]) if rows else None

    async def _open(self, row: Row[Any]) -> Link:
        msisdn = None
        if row.msisdn is not None:
            cipher = await self._tenant_opener(links, row.token_hash, row)
            msisdn = Msisdn(cipher.open("msisdn", row.msisdn))
        return _link(row, msisdn)

    async def consume(self, token_hash: str, visit_id: VisitId) -> bool:
        """Repeating it for the same visit is True again; it does not look at the expiry."""
        self._tx.require_writable()
        change = (
            update(links)
            .where(
                self._mine_or_all(links),
                links.c.token_hash == token_hash,
                or_(links.c.visit_id.is_(None), links.c.visit_id == visit_id),
            )
            .values(visit_id=visit_id)
        )
        return (await self._tx.connection.execute(change)).rowcount == 1


class PartyRepository(Repository):
    """PartyRepo; `by_credential` crosses tenants without a scope."""

    async def add(self, party: Party) -> None:
        self._check_scope(party.tenant_id, party.region)
        await self._insert(
            parties,
            {
                "id": party.id,
                "tenant_id": party.tenant_id,
                "region": party.region,
                "visit_id": party.visit_id,
                "kind": party.kind,
                "credential_hash": party.credential_hash,
                "device": party.device,
                "created_at": party.created_at,
            },
        )

    async def get(self, party_id: PartyId) -> Party:
        return _party(await self._by_id(parties, party_id))

    async def of_visit(self, visit_id: VisitId) -> list[Party]:
        rows = await self._of_visit(parties, visit_id, "created_at", "id")
        return [_party(row) for row in rows]

    async def by_credential(self, credential_hash: str) -> Party | None:
        query = select(parties).where(
            self._mine_or_all(parties), parties.c.credential_hash == credential_hash
        )
        row = (await self._tx.connection.execute(query)).one_or_none()
        return None if row is None else _party(row)

    async def set_credential(self, party_id: PartyId, credential_hash: str, device: str) -> None:
        """Puts the credential in force so far out of force."""
        await self._update(
            parties, party_id, {"credential_hash": credential_hash, "device": device}
        )


class TicketRepository(Repository):
    """TicketRepo; `take` crosses tenants without a scope."""

    async def add(self, ticket: Ticket) -> None:
        self._check_scope_if_any(ticket.tenant_id, ticket.region)
        await self._insert(
            tickets,
            {
                "token_hash": ticket.token_hash,
                "tenant_id": ticket.tenant_id,
                "region": ticket.region,
                "role": ticket.role,
                "subject": ticket.subject,
                "visit_id": ticket.visit_id,
                "expires_at": ticket.expires_at,
            },
        )

    async def take(self, token_hash: str, now: datetime) -> Ticket | None:
        """One DELETE that returns what it deleted: of two takers one gets it."""
        self._tx.require_writable()
        change = (
            delete(tickets)
            .where(
                self._mine_or_all(tickets),
                tickets.c.token_hash == token_hash,
                tickets.c.expires_at > now,
            )
            .returning(*tickets.c)
        )
        row = (await self._tx.connection.execute(change)).one_or_none()
        return None if row is None else _ticket(row)

    async def void(self, subject: str) -> None:
        self._tx.require_writable()
        await self._tx.connection.execute(
            delete(tickets).where(self._mine(tickets), tickets.c.subject == subject)
        )


def _link(row: Row[Any], msisdn: Msisdn | None) -> Link:
    return Link(
        token_hash=row.token_hash,
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        msisdn=msisdn,
        lang=row.lang,
        created_at=row.created_at,
        expires_at=row.expires_at,
        visit_id=None if row.visit_id is None else VisitId(row.visit_id),
        simulated=row.simulated,
        order_id=None if row.order_id is None else OrderId(row.order_id),
        companion_of=None if row.companion_of is None else VisitId(row.companion_of),
    )


def _party(row: Row[Any]) -> Party:
    return Party(
        id=PartyId(row.id),
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        visit_id=VisitId(row.visit_id),
        kind=row.kind,
        credential_hash=row.credential_hash,
        device=row.device,
        created_at=row.created_at,
    )


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        token_hash=row.token_hash,
        tenant_id=TenantId(row.tenant_id),
        region=Region(row.region),
        role=row.role,
        subject=row.subject,
        visit_id=None if row.visit_id is None else VisitId(row.visit_id),
        expires_at=row.expires_at,
    )
