"""What one business of the operator's is made of.

The rules (`checks`, `price_fen`, `effective_from`, `facts`) are pure: what `read` found and the
moment in, an answer out. `apply` and `undo` change tables within the caller's transaction.
`docs/actions.md` lists every check code; it is the i18n suffix of
`problem.precondition_failed.<code>`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.record import Record
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.services.ports import Check, Disclosed

Values = dict[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Books:
    """The operator's tables, within the caller's transaction, and the key that seals them.

    `counter_url` begins the links in the operator's own messages.
    """

    store: Store
    vault: Vault
    counter_url: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """A command that was carried out earlier and is to be undone."""

    key: str
    at: datetime
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a business: which number, with what, now, in which zone.

    `found` is what `Business.read` returned. `key` and `password_hash` are there when it is carried
    out; `original` when it is undone.
    """

    record: Record
    inputs: Mapping[str, str]
    now: datetime
    zone: ZoneInfo
    found: object = None
    key: str = ""
    password_hash: str = field(default="", repr=False)
    original: Original | None = None

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def read_as(self, kind: type[T]) -> T:
        """What `read` found, which is of this kind."""
        assert isinstance(self.found, kind)
        return self.found


Checks = Callable[[Asked], tuple[Check, ...]]
Effect = Callable[[Books, Asked], Awaitable[Values]]
Read = Callable[[Books, Record, Mapping[str, str], datetime], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Part:
    """A second effect, ordered after the main one under a key of its own; when it is refused, the
    caller has the main one undone."""

    checks: Checks
    apply: Effect


@dataclass(frozen=True, slots=True)
class Undo:
    """How a carried-out command is taken back: whether it may be, and what that changes."""

    checks: Checks
    apply: Effect


async def _nothing(_: Books, __: Record, ___: Mapping[str, str], ____: datetime) -> object:
    return None


def _anything(_: Mapping[str, str], __: Mapping[str, str]) -> bool:
    return True


def _free(_: Asked) -> int:
    return 0


def _at_once(asked: Asked) -> datetime:
    return asked.now


def _no_facts(_: Asked) -> Values:
    return {}


@dataclass(frozen=True, slots=True)
class Business:
    """One action as the operator sees it.

    `price_fen` is in fen (CNY 0.01); `facts` is what the customer is told beyond price and date.
    `changes`: whether carrying it out makes a new version of the record. `wants_secret`: refused
    without one. `disclose`: what a done command lets the customer see, for a short time. `on_page`:
    `apply` only opens a page of the operator's, and `finish` carries the command out when the
    customer has finished there (see `pages`), if the page `accepts` (inputs, what was filled in);
    that stands in the inputs then, after `page.`. `due` does what time brings (expiries, cycles) to
    all numbers, safe to repeat.
    """

    id: str
    checks: Checks
    apply: Effect
    read: Read = _nothing
    price_fen: Callable[[Asked], int] = _free
    effective_from: Callable[[Asked], datetime] = _at_once
    facts: Callable[[Asked], Values] = _no_facts
    changes: bool = True
    wants_secret: bool = False
    on_page: bool = False
    accepts: Callable[[Mapping[str, str], Mapping[str, str]], bool] = _anything
    finish: Effect | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    undo: Undo | None = None
    disclose: Callable[[Books, Asked], Awaitable[Disclosed]] | None = None
    due: Callable[[Books, datetime, ZoneInfo], Awaitable[int]] | None = None


_CANNOT_UNDO = Check("can_be_undone", False)
_NOT_CLOSED = Check("not_closed", False)


def checks_of(business: Business, asked: Asked, part: str = "") -> tuple[Check, ...]:
    """What stands in the way now, wherever it is asked: at the quote, the command, the page's end.

    A closed number is out of every business, one being closed of all but taking back.
    """
    record = asked.record
    if record.is_closed or (record.is_closing and asked.original is None and not part):
        return (_NOT_CLOSED,)
    if asked.original is not None:
        return business.undo.checks(asked) if business.undo else (_CANNOT_UNDO,)
    if part:
        found = business.parts.get(part)
        return found.checks(asked) if found else (Check("part_known", False),)
    return business.checks(asked)


async def bump(store: Store, sub: str) -> None:
    """Every change of a record is a new version of it."""
    await store.run("UPDATE subscribers SET version = version + 1 WHERE sub = ?", (sub,))


def not_lost(asked: Asked) -> Check:
    return Check("not_lost", "lost" not in asked.record.stops)


def no_other_stop(asked: Asked) -> tuple[Check, ...]:
    """Nobody but the customer stopped the number."""
    stops = asked.record.stops
    return (
        Check("no_debt_stop", "debt" not in stops),
        Check("no_police_stop", "police" not in stops),
        Check("no_fraud_stop", "fraud" not in stops),
    )
