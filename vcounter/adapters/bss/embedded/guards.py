"""The nuisance call guard of a number, and the relative who is told when it bites.

The relative is asked by SMS and counts only once they have replied with the code in it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.notices import Notice, add_notice, cancel_notice
from vcounter.adapters.bss.embedded.record import Record
from vcounter.domain.ids import Msisdn
from vcounter.domain.msisdn import mask_msisdn

ANSWER_WITHIN = timedelta(days=3)
_CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Guard:
    """`level` is off, low or high; `contact_state` none, asked, agreed or lapsed."""

    level: str = "off"
    contact: str = field(default="", repr=False)
    contact_state: str = "none"
    made_by: str = ""


async def guard_of(books: Books, sub: str) -> Guard:
    row = await books.store.one("SELECT * FROM guards WHERE sub = ?", (sub,))
    if row is None:
        return Guard()
    contact = open_contact(books, sub, row["contact"])
    return Guard(row["level"], contact, row["contact_state"], row["made_by"])


async def set_guard(books: Books, sub: str, guard: Guard) -> None:
    """Within the caller's transaction."""
    await books.store.run(
        "INSERT INTO guards (sub, level, contact, contact_state, made_by) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (sub) DO UPDATE SET level = excluded.level, contact = excluded.contact,"
        " contact_state = excluded.contact_state, made_by = excluded.made_by",
        (
            sub,
            guard.level,
            seal_contact(books, sub, guard.contact),
            guard.contact_state,
            guard.made_by,
        ),
    )


def seal_contact(books: Books, sub: str, contact: str) -> bytes | None:
    return books.vault.seal(contact, f"guards.contact/{sub}") if contact else None


def open_contact(books: Books, sub: str, sealed: bytes | None) -> str:
    return books.vault.text(sealed, f"guards.contact/{sub}") if sealed else ""


async def ask_contact(books: Books, record: Record, contact: str, key: str, now: datetime) -> None:
    """Ask the relative by SMS. The code is in that message alone; here its keyed hash stays."""
    code = "".join(secrets.choice("0123456789") for _ in range(_CODE_DIGITS))
    who = mask_msisdn(record.person.msisdn)
    text = (
        f"号码{who}的机主想在拦截到可疑电话时用短信告诉您。同意请3天内回复{code}, 不同意不用回复。"
        f" The holder of {who} wants you to be told by SMS of suspicious calls. To agree, reply"
        f" {code} within 3 days; otherwise ignore this."
    )
    await books.store.run(
        "INSERT INTO guard_consents (made_by, sub, contact, code, asked_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            key,
            record.sub,
            books.vault.name(contact),
            books.vault.pepper(f"{key} {code}"),
            now.isoformat(),
            (now + ANSWER_WITHIN).isoformat(),
        ),
    )
    await add_notice(
        books.store,
        books.vault,
        Notice(f"guard-{key}", record.sub, "guard_consent", now, Msisdn(contact), text),
    )


async def withdraw_question(books: Books, key: str, now: datetime) -> None:
    """The relative is no longer asked: a reply has no effect, an unsent message is not sent."""
    await books.store.run(
        "UPDATE guard_consents SET answered_at = ? WHERE made_by = ? AND answered_at IS NULL",
        (now.isoformat(), key),
    )
    await cancel_notice(books.store, f"guard-{key}", now)


async def take_reply(books: Books, sender: str, text: str, now: datetime) -> bool:
    """An SMS that came back: True if it is a relative's yes to a question that still stands."""
    rows = await books.store.all(
        "SELECT * FROM guard_consents WHERE contact = ? AND answered_at IS NULL AND expires_at > ?",
        (books.vault.name(sender), now.isoformat()),
    )
    for row in rows:
        said = books.vault.pepper(f"{row['made_by']} {text.strip()}")
        if not secrets.compare_digest(said, row["code"]):
            continue
        await books.store.run(
            "UPDATE guard_consents SET answered_at = ? WHERE made_by = ?",
            (now.isoformat(), row["made_by"]),
        )
        await books.store.run(
            "UPDATE guards SET contact_state = 'agreed' WHERE sub = ? AND made_by = ?",
            (row["sub"], row["made_by"]),
        )
        await bump(books.store, row["sub"])
        return True
    return False


async def lapse_due_questions(books: Books, now: datetime, _: ZoneInfo) -> int:
    """A relative who did not answer in time is not told of anything. Safe to repeat."""
    rows = await books.store.all(
        "SELECT made_by, sub FROM guard_consents WHERE answered_at IS NULL AND expires_at <= ?",
        (now.isoformat(),),
    )
    for row in rows:
        await withdraw_question(books, row["made_by"], now)
        await books.store.run(
            "UPDATE guards SET contact = NULL, contact_state = 'lapsed'"
            " WHERE sub = ? AND made_by = ?",
            (row["sub"], row["made_by"]),
        )
        await bump(books.store, row["sub"])
    return len(rows)
