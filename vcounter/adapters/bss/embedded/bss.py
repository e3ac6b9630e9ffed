"""The embedded operator's system behind the Bss port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from vcounter.adapters.bss.embedded import effects, rules
from vcounter.adapters.bss.embedded.enrolment import Enrolment, enrol
from vcounter.adapters.bss.embedded.faults import Fault, Faults
from vcounter.adapters.bss.embedded.hall import Hall
from vcounter.adapters.bss.embedded.passwords import DEFAULT_HASHER, Passwords
from vcounter.adapters.bss.embedded.record import Record, load
from vcounter.adapters.bss.embedded.schema import SCHEMA_VERSION, TABLES
from vcounter.adapters.bss.embedded.store import Row, Store
from vcounter.adapters.bss.embedded.tickets import tickets_of
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import (
    KeyReused,
    NotFound,
    OperatorUnavailable,
    PreconditionFailed,
)
from vcounter.domain.ids import Msisdn
from vcounter.domain.service_password import refuse_password
from vcounter.services.ports import (
    BssCommand,
    BssResult,
    Clock,
    ControlQuestion,
    OperatorTicket,
    Portrait,
    Quote,
    Subscriber,
)

REVEAL_WITHIN = timedelta(minutes=10)
MAX_REVEALS = 5  # a page that reloads asks again
DEFAULT_TIMEOUT_S = 5.0

T = TypeVar("T")


class EmbeddedBss:
    """Remote by contract: its own file and connection, an answer within `timeout_s` or
    OperatorUnavailable. A call once begun runs to its end whether or not the caller waits."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Clock,
        *,
        zone: str = "Asia/Shanghai",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        hasher: PasswordHasher = DEFAULT_HASHER,
        faults: Faults | None = None,
    ) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._zone, self._timeout_s = ZoneInfo(zone), timeout_s
        self._faults = faults or Faults()
        self._passwords = Passwords(store, vault, hasher)
        self._running: set[asyncio.Task[object]] = set()
        self.hall = Hall(store, vault, self._passwords, clock)

    @classmethod
    async def open(
        cls,
        path: Path | str,
        key: bytes,
        clock: Clock,
        *,
        zone: str = "Asia/Shanghai",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        hasher: PasswordHasher = DEFAULT_HASHER,
        faults: Faults | None = None,
    ) -> EmbeddedBss:
        """Open or create the database at `path`, sealed with `key` (32 bytes)."""
        vault = Vault(key)
        store = await Store.open(path, TABLES, SCHEMA_VERSION)
        return cls(
            store, vault, clock, zone=zone, timeout_s=timeout_s, hasher=hasher, faults=faults
        )

    @property
    def store(self) -> Store:
        return self._store

    @property
    def vault(self) -> Vault:
        return self._vault

    @property
    def clock(self) -> Clock:
        return self._clock

    async def close(self) -> None:
        """Let what is running finish, then close the file."""
        if self._running:
            await asyncio.wait(set(self._running))
        await self._store.close()

    # --- the port -------------------------------------------------------------------------------

    async def find(self, msisdn: Msisdn) -> Subscriber | None:
        async def work() -> Subscriber | None:
            async with self._store.transaction():
                record = await load(self._store, self._vault, msisdn)
            return record.subscriber(self._clock.now()) if record else None

        return await self._answer("find", work)

    async def portrait(self, msisdn: Msisdn) -> Portrait | None:
        """The newest enrolment photograph."""

        async def work() -> Portrait | None:
            sub = self._vault.name(msisdn)
            async with self._store.transaction():
                row = await self._store.one(
                    "SELECT * FROM portraits WHERE sub = ? ORDER BY taken_on DESC, no DESC LIMIT 1",
                    (sub,),
                )
            if row is None:
                return None
            jpeg = self._vault.open(row["jpeg"], f"portraits.jpeg/{sub}/{row['no']}")
            return Portrait(jpeg, date.fromisoformat(row["taken_on"]))

        return await self._answer("portrait", work)

    async def enrol(
        self, msisdn: Msisdn, jpeg: bytes, taken_on: date, idempotency_key: str, by: str
    ) -> None:
        new = Enrolment(msisdn, jpeg, taken_on, idempotency_key, by)
        await self._answer("enrol", lambda: enrol(self._store, self._vault, new, self._clock.now()))

    async def quote(self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str]) -> Quote:
        """Checks, price and date as they are now. Raises NotFound for an unknown number."""

        async def work() -> Quote:
            async with self._store.transaction():
                record = await load(self._store, self._vault, msisdn)
            if record is None:
                raise NotFound("no such number")
            asked = self._asked(record, inputs)
            return Quote(
                version=record.version,
                checks=rules.checks(action_id, asked),
                price_fen=rules.price_fen(action_id),
                effective_from=asked.starts_at if action_id == "suspend_service" else asked.now,
                facts=rules.facts(action_id, asked),
            )

        return await self._answer("quote", work)

    async def execute(self, command: BssCommand) -> BssResult:
        """Carry a command out once. A repeat of the key returns the first outcome, refusals too.

        Raises KeyReused when the key was used for something else.
        """
        fault = self._faults.take("execute")
        if fault is Fault.STALE:
            async with self._store.transaction():  # somebody else changed the record meanwhile
                await effects.bump(self._store, self._vault.name(command.msisdn))
        if fault is Fault.DUPLICATE:
            await self._answer("", lambda: self._execute(command))
        return await self._answer("", lambda: self._execute(command), fault)

    async def query(self, idempotency_key: str) -> BssResult | None:
        async def work() -> BssResult | None:
            async with self._store.transaction():
                row = await self._command(idempotency_key)
            return _result(row) if row else None

        return await self._answer("query", work)

    async def reveal(self, idempotency_key: str) -> str:
        """The PUK of the card that a done query_puk was about.

        For ten minutes after it and five times; never once the card is lost, void or replaced.
        Raises NotFound, PreconditionFailed.
        """
        return await self._answer("reveal", lambda: self._reveal(idempotency_key))

    async def control_questions(self, msisdn: Msisdn) -> list[ControlQuestion]:
        async def work() -> list[ControlQuestion]:
            sub = self._vault.name(msisdn)
            async with self._store.transaction():
                rows = await self._store.all(
                    "SELECT * FROM facts WHERE sub = ? ORDER BY code", (sub,)
                )
            return [
                ControlQuestion(
                    r["code"], self._vault.text(r["value"], f"facts.value/{sub}/{r['code']}")
                )
                for r in rows
            ]

        return await self._answer("control_questions", work)

    async def check_password(self, msisdn: Msisdn, password: str) -> bool:
        """Raises TooMany after five wrong guesses within a day."""
        now = self._clock.now()
        return await self._answer(
            "check_password", lambda: self._passwords.check(msisdn, password, now)
        )

    async def tickets(self, msisdn: Msisdn) -> Sequence[OperatorTicket]:
        return await self._answer("tickets", lambda: tickets_of(self._store, self._vault, msisdn))

    # --- inside -----------------------------------------------------------------------------------

    def _asked(self, record: Record, inputs: Mapping[str, str]) -> rules.Asked:
        return rules.Asked(record, inputs, self._clock.now(), self._zone)

    async def _execute(self, command: BssCommand) -> BssResult:
        hashed = await self._passwords.hash(command.secret) if command.secret else ""
        fingerprint = self._fingerprint(command)
        async with self._store.transaction():
            seen = await self._command(command.idempotency_key)
            if seen is not None:
                if seen["fingerprint"] != fingerprint:
                    raise KeyReused("key used for another command")
                return _result(seen)
            record = await load(self._store, self._vault, command.msisdn)
            if record is None:
                return await self._keep(command, fingerprint, None, BssResult(False, "unknown", 0))
            asked = self._asked(record, command.inputs)
            reason = _refusal(command, record, asked)
            if reason:
                result = BssResult(False, reason, record.version)
                return await self._keep(command, fingerprint, record, result)
            after, values = await effects.apply(
                self._store, self._vault, command.action_id, asked, command.idempotency_key, hashed
            )
            result = BssResult(True, "", after.version, values)
            return await self._keep(command, fingerprint, after, result)

    async def _keep(
        self, command: BssCommand, fingerprint: str, record: Record | None, result: BssResult
    ) -> BssResult:
        card = record.card if record else None
        await self._store.run(
            "INSERT INTO commands (key, sub, action_id, fingerprint, done, reason, version, result,"
            " at, card_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                command.idempotency_key,
                self._vault.name(command.msisdn),
                command.action_id,
                fingerprint,
                int(result.done),
                result.reason,
                result.version,
                json.dumps(dict(result.values)),
                self._clock.now().isoformat(),
                card.card_id if card else None,
            ),
        )
        return result

    def _fingerprint(self, command: BssCommand) -> str:
        """What a key stands for. The secret is left out: a retry without it finds the outcome."""
        inputs = sorted(command.inputs.items())
        return self._vault.name(
            json.dumps([command.action_id, command.msisdn, command.version, inputs])
        )

    async def _command(self, key: str) -> Row | None:
        return await self._store.one("SELECT * FROM commands WHERE key = ?", (key,))

    async def _reveal(self, key: str) -> str:
        now = self._clock.now()
        async with self._store.transaction():
            row = await self._command(key)
            if row is None or not row["done"] or row["action_id"] != "query_puk":
                raise NotFound("nothing to reveal")
            over = now - datetime.fromisoformat(row["at"]) > REVEAL_WITHIN
            if over or row["reveals"] >= MAX_REVEALS:
                raise PreconditionFailed("too late or too often", reason="disclosure_over")
            lost = await self._store.one(
                "SELECT 1 FROM stops WHERE sub = ? AND reason = 'lost'", (row["sub"],)
            )
            card = await self._store.one(
                "SELECT * FROM cards WHERE card_id = ? AND status = 'in_use'", (row["card_id"],)
            )
            if lost is not None:
                raise PreconditionFailed("the card is lost", reason="not_lost")
            if card is None:
                raise PreconditionFailed("the card is void", reason="card_in_use")
            await self._store.run("UPDATE commands SET reveals = reveals + 1 WHERE key = ?", (key,))
            return self._vault.text(card["puk"], f"cards.puk/{card['card_id']}")

    async def _answer(
        self, method: str, work: Callable[[], Awaitable[T]], fault: Fault | None = None
    ) -> T:
        """Run to the end even if the caller stops waiting: a commit is never cut in half."""
        fault = fault or self._faults.take(method)
        if fault is Fault.TIMEOUT_BEFORE:
            raise OperatorUnavailable("no answer")
        task: asyncio.Task[T] = asyncio.create_task(_run(work, fault, self._timeout_s))
        self._running.add(task)
        task.add_done_callback(self._forget)
        try:
            async with asyncio.timeout(self._timeout_s):
                value = await asyncio.shield(task)
        except TimeoutError:
            raise OperatorUnavailable("no answer in time") from None
        if fault is Fault.TIMEOUT_AFTER:
            raise OperatorUnavailable("the answer was lost")
        return value

    def _forget(self, task: asyncio.Task[T]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # the waiting caller has it, or nobody waits any more


async def _run(work: Callable[[], Awaitable[T]], fault: Fault | None, timeout_s: float) -> T:
    if fault is Fault.SLOW:
        await asyncio.sleep(timeout_s * 1.5)
    return await work()


def _refusal(command: BssCommand, record: Record, asked: rules.Asked) -> str:
    """Why the command is refused now, as an i18n suffix; empty when it may go on."""
    if record.version != command.version:
        return "version_moved"
    failed = next((c.code for c in rules.checks(command.action_id, asked) if not c.ok), "")
    if failed or command.action_id != "reset_service_password":
        return failed
    if not command.secret:
        return "secret_missing"
    birth = date.fromisoformat(record.person.birth)
    weak = refuse_password(command.secret, command.msisdn, birth)
    return f"password_{weak}" if weak else ""


def _result(row: Row) -> BssResult:
    return BssResult(bool(row["done"]), row["reason"], row["version"], json.loads(row["result"]))
