"""Keeping a fresh portrait of the holder; the newest one is the reference of the next visit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import KeyReused, NotFound
from vcounter.domain.ids import Msisdn


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One portrait to keep."""

    msisdn: Msisdn
    jpeg: bytes = field(repr=False)
    taken_on: date
    key: str
    by: str


async def enrol(store: Store, vault: Vault, new: Enrolment, now: datetime) -> None:
    """Keep it once. The record's version stays: no rule of an order depends on a portrait.

    Raises KeyReused, NotFound.
    """
    sub = vault.name(new.msisdn)
    digest = hashlib.sha256(new.jpeg).hexdigest()
    fingerprint = vault.name(f"{new.msisdn}/{new.taken_on}/{digest}")
    async with store.transaction():
        seen = await store.one("SELECT * FROM enrolments WHERE key = ?", (new.key,))
        if seen is not None:
            if seen["fingerprint"] != fingerprint:
                raise KeyReused("key used for another portrait")
            return
        if await store.one("SELECT 1 FROM subscribers WHERE sub = ?", (sub,)) is None:
            raise NotFound("no such number")
        last = await store.one("SELECT max(no) AS no FROM portraits WHERE sub = ?", (sub,))
        no = 0 if last is None or last["no"] is None else last["no"] + 1
        await store.run(
            "INSERT INTO portraits (sub, no, jpeg, taken_on) VALUES (?, ?, ?, ?)",
            (
                sub,
                no,
                vault.seal(new.jpeg, f"portraits.jpeg/{sub}/{no}"),
                new.taken_on.isoformat(),
            ),
        )
        await store.run(
            "INSERT INTO enrolments (key, sub, no, fingerprint, ordered_by, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (new.key, sub, no, fingerprint, new.by, now.isoformat()),
        )
