"""Carrying commands out at the operator's: each request is one transaction on its books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded import commands
from vcounter.adapters.bss.embedded.business import all_business, find_business
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Effect,
    Original,
    bump,
    checks_of,
)
from vcounter.adapters.bss.embedded.passwords import Passwords
from vcounter.adapters.bss.embedded.record import Record, load, load_sub
from vcounter.domain.errors import KeyReused, NotFound, PreconditionFailed
from vcounter.domain.ids import Msisdn
from vcounter.domain.service_password import refuse_password
from vcounter.services.ports import BssCommand, BssResult, Clock, Disclosed, Quote

REVEAL_WITHIN = timedelta(minutes=10)
MAX_REVEALS = 5  # a page that reloads asks again


class Clerk:
    """The operator's rules at work. Knows nothing of time-outs and lost answers."""

    def __init__(self, books: Books, passwords: Passwords, clock: Clock, zone: ZoneInfo) -> None:
        self._books, self._store, self._vault = books, books.store, books.vault
        self._passwords, self._clock, self._zone = passwords, clock, zone

    async def quote(
        self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str], reverses: str
    ) -> Quote:
        """Raises NotFound."""
        async with self._store.transaction():
            record = await load(self._store, self._vault, msisdn)
            if record is None:
                raise NotFound("no such number")
            business = find_business(action_id)
            original = await self._original(reverses, record) if reverses else None
            asked = await self._asked(business, record, inputs, original=original)
        checks = checks_of(business, asked)
        if original is not None:
            return Quote(record.version, checks, 0, asked.now, dict(original.values))
        return Quote(
            version=record.version,
            checks=checks,
            price_fen=business.price_fen(asked),
            effective_from=business.effective_from(asked),
            facts=business.facts(asked),
        )

    async def query(self, key: str) -> BssResult | None:
        async with self._store.transaction():
            row = await commands.find(self._books, key)
            if row is not None:
                return commands.result_of(row)
            return await self._page_result(key)

    async def move_time(self) -> int:
        """Do what time brings to all numbers: expiries, cycles, bookings. Returns how many things
        happened. Safe to repeat at any time."""
        done = 0
        for business in all_business().values():
            if business.due is not None:
                async with self._store.transaction():
                    done += await business.due(self._books, self._clock.now(), self._zone)
        return done

    async def _asked(
        self,
        business: Business,
        record: Record,
        inputs: Mapping[str, str],
        *,
        key: str = "",
        password_hash: str = "",
        original: Original | None = None,
    ) -> Asked:
        now = self._clock.now()
        found = await business.read(self._books, record, inputs, now)
        return Asked(record, inputs, now, self._zone, found, key, password_hash, original)

    async def _original(self, key: str, record: Record) -> Original:
        """Raises NotFound unless the command was carried out, for this number."""
        row = await commands.find(self._books, key)
        if row is None or not row["done"] or row["sub"] != record.sub:
            raise NotFound("nothing to undo")
        return commands.original_of(row)

    async def execute(self, command: BssCommand) -> BssResult:
        hashed = await self._passwords.hash(command.secret) if command.secret else ""
        async with self._store.transaction():
            seen = await self._seen(command)
            if seen is not None:
                return seen
            record = await load(self._store, self._vault, command.msisdn)
            if record is None:
                return await self._keep(command, None, BssResult(False, "unknown", 0))
            return await self._carry_out(command, record, hashed)

    async def _seen(self, command: BssCommand) -> BssResult | None:
        key = command.idempotency_key
        row = await commands.find(self._books, key) or await commands.find_page(self._books, key)
        if row is None:
            return None
        if row["fingerprint"] != commands.fingerprint(self._books, command):
            raise KeyReused("key used for another command")
        if "done" in row.keys():  # noqa: SIM118 - a Row has no `in` of its own for names
            return commands.result_of(row)
        return await self._page_result(key)

    async def _carry_out(self, command: BssCommand, record: Record, hashed: str) -> BssResult:
        business = find_business(command.action_id)
        try:
            original = await self._original(command.reverses, record) if command.reverses else None
        except NotFound:
            return await self._keep(
                command, record, BssResult(False, "nothing_to_undo", record.version)
            )
        asked = await self._asked(
            business,
            record,
            command.inputs,
            key=command.idempotency_key,
            password_hash=hashed,
            original=original,
        )
        reason = _refusal(business, command, asked)
        if reason:
            return await self._keep(command, record, BssResult(False, reason, record.version))
        if business.on_page and not command.reverses:
            values = await business.apply(self._books, asked)
            return await commands.open_page(self._books, command, record, values, asked.now)
        values = await _effect(business, command)(self._books, asked)
        if business.changes:
            await bump(self._store, record.sub)
        after = await load(self._store, self._vault, command.msisdn)
        assert after is not None
        values = {**values, "state_after": after.state(asked.now)}
        return await self._keep(command, after, BssResult(True, "", after.version, values))

    async def _keep(
        self, command: BssCommand, record: Record | None, result: BssResult
    ) -> BssResult:
        suffix = f"#{command.part}" if command.part else "#undo" if command.reverses else ""
        return await commands.keep(
            self._books,
            command,
            record,
            result,
            self._clock.now(),
            action_id=command.action_id + suffix,
        )

    async def _page_result(self, key: str) -> BssResult | None:
        """Pending while the page is open; refused for good once its time is over."""
        page = await commands.find_page(self._books, key)
        if page is None:
            return None
        record = await load_sub(self._store, self._vault, page["sub"])
        assert record is not None
        now = self._clock.now()
        if datetime.fromisoformat(page["expires_at"]) <= now:
            return await commands.close_page(
                self._books, page, record, now, reason="page_expired", values={}
            )
        return BssResult(False, "", record.version, pending=True)

    async def reveal(self, key: str) -> Disclosed:
        now = self._clock.now()
        async with self._store.transaction():
            row = await commands.find(self._books, key)
            business = all_business().get(row["action_id"]) if row is not None else None
            if row is None or not row["done"] or business is None or business.disclose is None:
                raise NotFound("nothing to reveal")
            over = now - datetime.fromisoformat(row["at"]) > REVEAL_WITHIN
            if over or row["reveals"] >= MAX_REVEALS:
                raise PreconditionFailed("too late or too often", reason="disclosure_over")
            record = await load_sub(self._store, self._vault, row["sub"])
            assert record is not None
            if record.is_closed:
                raise PreconditionFailed("the number is closed", reason="not_closed")
            asked = await self._asked(business, record, {}, original=commands.original_of(row))
            disclosed = await business.disclose(self._books, asked)
            await self._store.run("UPDATE commands SET reveals = reveals + 1 WHERE key = ?", (key,))
            return disclosed


def _refusal(business: Business, command: BssCommand, asked: Asked) -> str:
    """Why the command is refused now, as an i18n suffix; empty when it may go on.

    What follows a command of the same order (a part, an undoing) is not held against the version
    that the customer was shown: the main effect moved it.
    """
    record = asked.record
    if not command.part and not command.reverses and record.version != command.version:
        return "version_moved"
    checks = checks_of(business, asked, command.part)
    failed = next((c.code for c in checks if not c.ok), "")
    if failed or not business.wants_secret:
        return failed
    if not command.secret:
        return "secret_missing"
    birth = date.fromisoformat(record.person.birth)
    weak = refuse_password(command.secret, command.msisdn, birth)
    return f"password_{weak}" if weak else ""


def _effect(business: Business, command: BssCommand) -> Effect:
    if command.reverses:
        assert business.undo is not None
        return business.undo.apply
    return business.parts[command.part].apply if command.part else business.apply
