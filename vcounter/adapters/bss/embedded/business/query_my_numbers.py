"""名下号码核查与异议: every number of one document, held or used; an objection is a case."""

from __future__ import annotations

from datetime import timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.holders import Mine, document_name, numbers_of
from vcounter.adapters.bss.embedded.tickets import NewTicket, add_ticket
from vcounter.services.ports import Check, Disclosed

ANSWERED_WITHIN = timedelta(days=15)
HEADINGS = ("number", "role", "plan", "opened_on", "state")


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (Check("document_known", bool(asked.record.person.document_number)),)


async def _apply(books: Books, asked: Asked) -> Values:
    """The numbers are not here: `_disclose` reads them for this command alone."""
    if asked.inputs.get("objection") != "yes":
        return {}
    due = asked.now + ANSWERED_WITHIN
    no = f"{asked.today:%y%m%d}{int(books.vault.name(asked.key)[:12], 16) % 10**8:08d}"
    case = NewTicket(
        no=no,
        kind="number_objection",
        state="open",
        title="对名下号码有异议",
        opened_at=asked.now,
        due_at=due,
        detail=asked.inputs.get("words", ""),
        made_by=asked.key,
    )
    await add_ticket(books.store, books.vault, asked.record.person.msisdn, case)
    return {"case_no": no, "case_due_at": due.isoformat()}


async def _disclose(books: Books, asked: Asked) -> Disclosed:
    document = document_name(books.vault, asked.record.person)
    found = await numbers_of(books.store, books.vault, document)
    return Disclosed(headings=HEADINGS, rows=tuple(_row(mine, asked) for mine in found))


def _row(mine: Mine, asked: Asked) -> tuple[str, ...]:
    person = mine.record.person
    role = "holder" if mine.held else "user"
    return (person.msisdn, role, person.plan, person.opened_on, mine.record.state(asked.now))


BUSINESS = Business(
    id="query_my_numbers", checks=_checks, apply=_apply, changes=False, disclose=_disclose
)
