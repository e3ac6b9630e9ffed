"""The embedded operator's system behind the Bss port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.clerk import Clerk
from vcounter.adapters.bss.embedded.enrolment import Enrolment, enrol
from vcounter.adapters.bss.embedded.faults import Fault, Faults
from vcounter.adapters.bss.embedded.hall import Hall
from vcounter.adapters.bss.embedded.holders import index_holders
from vcounter.adapters.bss.embedded.pages import Pages
from vcounter.adapters.bss.embedded.passwords import DEFAULT_HASHER, Passwords
from vcounter.adapters.bss.embedded.record import load
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.tables import all_tables
from vcounter.adapters.bss.embedded.tables.core import SCHEMA_VERSION
from vcounter.adapters.bss.embedded.tickets import tickets_of
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import (
    OperatorUnavailable,
)
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import (
    BssCommand,
    BssResult,
    Clock,
    ControlQuestion,
    Disclosed,
    OperatorTicket,
    Portrait,
    Quote,
    Subscriber,
)

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
        counter_url: str = "",
    ) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._books = Books(store, vault, counter_url.rstrip("/"))
        self._zone, self._timeout_s = ZoneInfo(zone), timeout_s
        self._faults = faults or Faults()
        self._passwords = Passwords(store, vault, hasher)
        self._clerk = Clerk(self._books, self._passwords, clock, self._zone)
        self._running: set[asyncio.Task[object]] = set()
        self.hall = Hall(store, vault, self._passwords, clock)
        self.pages = Pages(self._books, clock, self._zone)

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
        counter_url: str = "",
    ) -> EmbeddedBss:
        """Open or create the database at `path`, sealed with `key` (32 bytes)."""
        vault = Vault(key)
        store = await Store.open(path, all_tables(), SCHEMA_VERSION)
        await index_holders(store, vault)
        return cls(
            store,
            vault,
            clock,
            zone=zone,
            timeout_s=timeout_s,
            hasher=hasher,
            faults=faults,
            counter_url=counter_url,
        )

    @property
    def store(self) -> Store:
        return self._store

    @property
    def vault(self) -> Vault:
        return self._vault

    @property
    def books(self) -> Books:
        return self._books

    @property
    def zone(self) -> ZoneInfo:
        return self._zone

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

    async def quote(
        self, action_id: str, msisdn: Msisdn, inputs: Mapping[str, str], *, reverses: str = ""
    ) -> Quote:
        """Checks, price and date as they are now. Raises NotFound for an unknown number, and for a
        command under `reverses` that was never carried out."""

        return await self._answer(
            "quote", lambda: self._clerk.quote(action_id, msisdn, inputs, reverses)
        )

    async def execute(self, command: BssCommand) -> BssResult:
        """Carry a command out once. A repeat of the key returns the first outcome, refusals too.

        Raises KeyReused when the key was used for something else.
        """
        fault = self._faults.take("execute")
        if fault is Fault.STALE:
            async with self._store.transaction():  # somebody else changed the record meanwhile
                await bump(self._store, self._vault.name(command.msisdn))
        if fault is Fault.DUPLICATE:
            await self._answer("", lambda: self._clerk.execute(command))
        return await self._answer("", lambda: self._clerk.execute(command), fault)

    async def query(self, idempotency_key: str) -> BssResult | None:
        return await self._answer("query", lambda: self._clerk.query(idempotency_key))

    async def reveal(self, idempotency_key: str) -> Disclosed:
        """What a done command lets the customer see.

        For ten minutes after it and five times. Raises NotFound, PreconditionFailed.
        """
        return await self._answer("reveal", lambda: self._clerk.reveal(idempotency_key))

    async def move_time(self) -> int:
        """Do what time brings to all numbers: expiries, cycles, bookings. Returns how many things
        happened. Safe to repeat at any time."""
        return await self._clerk.move_time()

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
