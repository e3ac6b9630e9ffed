"""Cases: a ticket with an owner, a day for the call back and, for some, a question afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vcounter.adapters.bss.embedded.business.base import Asked, Books
from vcounter.adapters.bss.embedded.store import Row
from vcounter.adapters.bss.embedded.tickets import NewTicket, add_ticket

OPEN = "open"
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to open for the number that asks. `detail` is sealed; `title` too."""

    kind: str
    owner: str
    title: str
    call_back_due: datetime
    due_at: datetime
    survey_due: datetime | None = None
    line_id: str | None = None
    visits: bool = False
    detail: str = field(default="", repr=False)


def case_no(books: Books, asked: Asked) -> str:
    """Digits only, so that they can be read aloud: the day, then eight that the command's key
    gives; the same command always has the same number."""
    drawn = int(books.vault.name(f"case {asked.key}"), 16) % 10**_DIGITS
    return f"{asked.today:%y%m%d}{drawn:0{_DIGITS}d}"


async def open_case(books: Books, asked: Asked, new: NewCase) -> str:
    """Open it within the caller's transaction and return its number."""
    no = case_no(books, asked)
    await add_ticket(
        books.store,
        books.vault,
        asked.record.person.msisdn,
        NewTicket(
            no=no,
            kind=new.kind,
            state=OPEN,
            title=new.title,
            opened_at=asked.now,
            due_at=new.due_at,
            detail=new.detail,
            made_by=asked.key,
        ),
    )
    await books.store.run(
        "INSERT INTO cases (no, owner, line_id, work_order, call_back_due, survey_due, made_by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            no,
            new.owner,
            new.line_id,
            f"{no}1" if new.visits else None,
            new.call_back_due.isoformat(),
            new.survey_due.isoformat() if new.survey_due else None,
            asked.key,
        ),
    )
    return no


async def case_of(books: Books, made_by: str) -> Row | None:
    """The case that a command opened, with its ticket's state."""
    return await books.store.one(
        "SELECT cases.*, tickets.state FROM cases JOIN tickets USING (no) WHERE cases.made_by = ?",
        (made_by,),
    )


async def close_case(books: Books, no: str, state: str, now: datetime) -> None:
    """End an open case; one that is over stays as it is."""
    await books.store.run(
        "UPDATE tickets SET state = ?, closed_at = ? WHERE no = ? AND state = ?",
        (state, now.isoformat(), no, OPEN),
    )


async def has_open_case(books: Books, line_id: str, kind: str) -> bool:
    """Whether one of this kind stands open on the line."""
    row = await books.store.one(
        "SELECT 1 FROM cases JOIN tickets USING (no)"
        " WHERE cases.line_id = ? AND tickets.kind = ? AND tickets.state = ?",
        (line_id, kind, OPEN),
    )
    return row is not None


async def open_cases(books: Books, sub: str, kind: str) -> frozenset[str]:
    """The commands that opened those of a number's cases of one kind that stand open."""
    rows = await books.store.all(
        "SELECT cases.made_by FROM cases JOIN tickets USING (no)"
        " WHERE tickets.sub = ? AND tickets.kind = ? AND tickets.state = ?",
        (sub, kind, OPEN),
    )
    return frozenset(str(row["made_by"]) for row in rows)
