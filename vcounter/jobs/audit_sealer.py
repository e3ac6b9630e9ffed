"""Chaining the audit log in batches, signing its heads, and checking both.

Business transactions insert lines without a place in the chain; the sealer gives out the places
later, so that nobody waits for the chain when committing. See docs/adr/0003-audit-sealer.md.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from vcounter.adapters.db.audit_chain import AuditChain, Head, Line, Seal
from vcounter.adapters.db.cipher import canonical_json
from vcounter.adapters.keys.signing import SigningKey
from vcounter.jobs.audit_heads import HeadsFile
from vcounter.services.ports import Clock

GENESIS = "0" * 64
EXPORT_GRACE = timedelta(minutes=1)  # between the first seal of all and its export
_BATCH = 500
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditReport:
    """`lines` are the sealed ones checked; `first_bad` is the place of the first that is wrong,
    missing or not vouched for; `unsealed` lines wait for the sealer and are not checked."""

    lines: int
    ok: bool
    first_bad: int | None
    unsealed: int = 0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class AuditSealer:
    """Seals, signs, exports and verifies. Several may run at once, on one node or on many."""

    def __init__(self, chain: AuditChain, key: SigningKey, heads: HeadsFile, clock: Clock) -> None:
        self._chain = chain
        self._key = key
        self._heads = heads
        self._clock = clock

    async def run_once(self) -> int:
        """Seal all lines that wait, then export the new heads; returns how many were sealed.

        Each batch and its signed head are one transaction. A crash before the export is made good
        by the next run, of whichever sealer.
        """
        sealed = 0
        while count := await self._seal_batch():
            sealed += count
        await self._export()
        return sealed

    async def verify(self) -> AuditReport:
        """Check every sealed line, every head and the exported file against each other.

        Wrong are: an altered, missing, inserted or moved line; a head whose signature or hash does
        not fit; lines after the last head; an exported head the database does not have (its tail
        was cut); an export that is gone or holds anything but heads. Sealing may go on meanwhile.
        """
        exported = await asyncio.to_thread(self._heads.read)
        check = _Check(self._key, exported, self._clock.now() - EXPORT_GRACE)
        lines, heads = await self._chain.page_after(0, _PAGE)
        while lines and check.first_bad is None:
            check.page(lines, {head.seq: head for head in heads})
            lines, heads = await self._chain.page_after(check.place, _PAGE)
        check.end(heads)
        bad = check.first_bad
        return AuditReport(check.lines, bad is None, bad, await self._chain.unsealed())

    async def _seal_batch(self) -> int:
        if not await self._chain.unsealed():
            return 0  # so that an idle system does not take the writer's turn
        async with self._chain.sealing() as sealing:
            lines = await sealing.unsealed(_BATCH)
            if not lines:
                return 0
            seals = _chained(lines, *(await sealing.last() or (0, GENESIS)))
            await sealing.seal(seals, self._sign(seals[-1]))
        return len(lines)

    async def _export(self) -> None:
        last = await asyncio.to_thread(self._heads.last_seq)
        while heads := await self._chain.heads_after(last, _PAGE):
            await asyncio.to_thread(self._heads.append, heads)
            last = heads[-1].seq

    def _sign(self, last: Seal) -> Head:
        at = self._clock.now()
        message = head_message(last.seq, last.hash, at)
        return Head(last.seq, last.hash, at, self._key.id, self._key.sign(message))


class _Check:
    """Goes along the chain page by page; stops being interested at the first bad place."""

    def __init__(
        self, key: SigningKey, exported: Sequence[Head | None], exported_by: datetime
    ) -> None:
        self._key = key
        self._exported_by = exported_by  # a head signed before should be in the file
        self._first_signed: datetime | None = None
        self._exported = {head.seq: head for head in exported if head is not None}
        self._file_damaged = len(self._exported) != len(exported)
        self._hash = GENESIS
        self._vouched = 0  # the last place under a good head
        self.place = 0
        self.lines = 0
        self.first_bad: int | None = None

    def page(self, lines: Sequence[Line], heads: dict[int, Head]) -> None:
        for line in lines:
            if not self._fits(line):
                self.first_bad = self.place + 1
                return
            self.place, self._hash = self.place + 1, line.hash or ""
            self.lines += 1
            if not self._heads_fit(heads.get(self.place)):
                self.first_bad = self.place
                return

    def end(self, heads_beyond: Sequence[Head]) -> None:
        """What only shows at the end: a tail that nobody signed or that was cut off, and an
        exported file that is gone or holds lines that are no heads, which vouches for nothing."""
        if self.first_bad is not None:
            return
        if heads_beyond or any(seq > self.place for seq in self._exported):
            self.first_bad = self.place + 1
        elif self._vouched < self.place:
            self.first_bad = self._vouched + 1
        elif self._file_damaged or self._file_lost():
            self.first_bad = 1

    def _file_lost(self) -> bool:
        signed = self._first_signed
        return not self._exported and signed is not None and signed < self._exported_by

    def _fits(self, line: Line) -> bool:
        return (
            line.seq == self.place + 1
            and line.prev_hash == self._hash
            and line.hash == line_hash(line, self.place + 1, self._hash)
        )

    def _heads_fit(self, stored: Head | None) -> bool:
        """Whether the heads at this place, if any, fit the line and each other."""
        exported = self._exported.get(self.place)
        if stored is None:
            return exported is None
        if exported is not None and exported != stored:
            return False
        message = head_message(stored.seq, stored.hash, stored.at)
        if stored.hash != self._hash or not self._key.verify(message, stored.signature):
            return False
        self._vouched = self.place
        self._first_signed = self._first_signed or stored.at
        return True


def line_hash(line: Line, seq: int, prev_hash: str) -> str:
    """SHA-256 over the canonical JSON of the line, its place and its predecessor's hash."""
    text = canonical_json(
        {
            "seq": seq,
            "prev": prev_hash,
            "id": line.id,
            "tenant": line.tenant_id,
            "region": line.region,
            "at": line.at.isoformat(timespec="microseconds"),
            "actor": line.actor,
            "verb": line.verb,
            "object": line.object,
            "subject": line.subject,
            "detail": line.detail,
        }
    )
    return hashlib.sha256(text.encode()).hexdigest()


def head_message(seq: int, chain_hash: str, at: datetime) -> bytes:
    """What a head's signature is over."""
    moment = at.isoformat(timespec="microseconds")
    return canonical_json({"seq": seq, "hash": chain_hash, "at": moment}).encode()


def _chained(lines: Sequence[Line], seq: int, prev_hash: str) -> list[Seal]:
    seals: list[Seal] = []
    for place, line in enumerate(lines, start=seq + 1):
        sealed = line_hash(line, place, prev_hash)
        seals.append(Seal(line.id, place, prev_hash, sealed))
        prev_hash = sealed
    return seals
