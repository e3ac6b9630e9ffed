"""The operator's own pages: an order waits here until its customer finishes, leaves, or is late.

Who holds the address may look and act; the token in it is stored as a keyed hash only. Each page is
finished or left once. What a form sends must carry the page's own form token.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded import commands
from vcounter.adapters.bss.embedded.business import find_business
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Values, bump, checks_of
from vcounter.adapters.bss.embedded.record import load_sub
from vcounter.adapters.bss.embedded.store import Row
from vcounter.services.ports import Clock

EXPIRED, ABANDONED, UNKNOWN = "page_expired", "page_abandoned", "page_unknown"
FIELD = "page."  # before the names of what was filled in on the page


@dataclass(frozen=True, slots=True)
class OpenPage:
    """What an open page is about. `form_token` goes into its form and comes back with it."""

    action_id: str
    values: Mapping[str, str]
    form_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageOver:
    """There is nothing to do on this page; `reason` is empty when the customer finished there."""

    reason: str


class FormRefused(Exception):
    """The form was not this page's, or not filled in. The page stays as it was."""


class Pages:
    """Looks pages up and ends them; each call is one transaction on the operator's books."""

    def __init__(self, books: Books, clock: Clock, zone: ZoneInfo) -> None:
        self._books, self._clock, self._zone = books, clock, zone
        self._tell: Callable[[str], None] = lambda _: None

    def listen(self, tell: Callable[[str], None]) -> None:
        """Have the key of its command told once a page is over."""
        self._tell = tell

    async def read(self, token: str) -> OpenPage | PageOver:
        """The page as it is now; one that is too late is over from now on."""
        async with self._books.store.transaction():
            row = await self._row(token)
            if isinstance(row, PageOver):
                return row
            if not self._is_late(row):
                values = json.loads(row["values"])
                return OpenPage(row["action_id"], values, self._form_token(token))
            over = await self._close(row, EXPIRED, {})
        self._tell(row["key"])
        return over

    async def finish(self, token: str, form_token: str, filled: Mapping[str, str]) -> PageOver:
        """Carry the command out if the operator's preconditions still hold; how the page ended.

        A page that was over already is told as it ended then. Raises FormRefused.
        """
        async with self._books.store.transaction():
            row = await self._row(token)
            if isinstance(row, PageOver):
                return row
            self._require_form(token, form_token)
            if self._is_late(row):
                over = await self._close(row, EXPIRED, {})
            else:
                over = await self._carry_out(row, filled)
        self._tell(row["key"])
        return over

    async def abandon(self, token: str, form_token: str) -> PageOver:
        """The customer does not want to; how the page ended. Raises FormRefused."""
        async with self._books.store.transaction():
            row = await self._row(token)
            if isinstance(row, PageOver):
                return row
            self._require_form(token, form_token)
            over = await self._close(row, EXPIRED if self._is_late(row) else ABANDONED, {})
        self._tell(row["key"])
        return over

    async def _row(self, token: str) -> Row | PageOver:
        store, name = self._books.store, self._books.vault.name(token)
        row = await store.one("SELECT * FROM pages WHERE token = ?", (name,))
        if row is not None:
            return row
        closed = await store.one("SELECT reason FROM closed_pages WHERE token = ?", (name,))
        return PageOver(closed["reason"] if closed else UNKNOWN)

    def _is_late(self, row: Row) -> bool:
        return datetime.fromisoformat(row["expires_at"]) <= self._clock.now()

    def _form_token(self, token: str) -> str:
        return self._books.vault.name(f"form of {token}")

    def _require_form(self, token: str, form_token: str) -> None:
        if not hmac.compare_digest(self._form_token(token).encode(), form_token.encode()):
            raise FormRefused("not this page's form")

    async def _carry_out(self, row: Row, filled: Mapping[str, str]) -> PageOver:
        business = find_business(row["action_id"])
        record = await load_sub(self._books.store, self._books.vault, row["sub"])
        assert record is not None
        assert business.finish is not None
        key = row["key"]
        inputs: dict[str, str] = json.loads(
            self._books.vault.open(row["inputs"], f"pages.inputs/{key}")
        )
        inputs.pop("msisdn")
        if not business.accepts(inputs, filled):
            raise FormRefused("not filled in")
        now = self._clock.now()
        found = await business.read(self._books, record, inputs, now)
        given = {**inputs, **{f"{FIELD}{name}": value for name, value in filled.items()}}
        asked = Asked(record, given, now, self._zone, found, key)
        failed = next((c.code for c in checks_of(business, asked) if not c.ok), "")
        if failed:
            return await self._close(row, failed, {})
        values = await business.finish(self._books, asked)
        if business.changes:
            await bump(self._books.store, record.sub)
        return await self._close(row, "", {**json.loads(row["values"]), **values})

    async def _close(self, row: Row, reason: str, values: Values) -> PageOver:
        record = await load_sub(self._books.store, self._books.vault, row["sub"])
        assert record is not None
        now = self._clock.now()
        if not reason:
            values = {**values, "state_after": record.state(now)}
        await commands.close_page(self._books, row, record, now, reason=reason, values=values)
        return PageOver(reason)
