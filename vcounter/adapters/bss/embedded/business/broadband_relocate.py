"""宽带移机预约: an order for the new address, then the fitter's visit; the line moves on that day.

The new address is one building of the register, and it must have cable (TMF673, TMF645).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.appointments import (
    Window,
    appointment,
    free,
    may_call_off,
    place_left,
    visit_begins,
    window,
)
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    bump,
)
from vcounter.adapters.bss.embedded.cases import (
    NewCase,
    close_case,
    has_open_case,
    open_case,
    open_cases,
)
from vcounter.adapters.bss.embedded.home import (
    Address,
    Line,
    choose_line,
    find_addresses,
    lines_of,
)
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check

FEE_FEN = 5000
CALL_BACK_AFTER = timedelta(days=1, hours=18)


@dataclass(frozen=True, slots=True)
class _Found:
    has_line: bool
    line: Line | None
    meant: tuple[Address, ...]
    place: Window | None
    moving: bool  # the line is to move already
    mine: frozenset[str]

    @property
    def target(self) -> Address | None:
        """The one building that was meant; None while it may be several."""
        return self.meant[0] if len(self.meant) == 1 else None


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> _Found:
    lines = await lines_of(books, record.sub, "broadband")
    line = choose_line(lines, inputs.get("account", ""))
    meant = tuple(await find_addresses(books, inputs.get("new_address", "")))
    place = await window(books, meant[0].district, inputs) if len(meant) == 1 else None
    moving = line is not None and await has_open_case(books, line.line_id, "relocation")
    return _Found(
        has_line=any(found.active for found in lines),
        line=line,
        meant=meant,
        place=place,
        moving=moving,
        mine=await open_cases(books, record.sub, "relocation"),
    )


def _checks(asked: Asked) -> tuple[Check, ...]:
    found = asked.read_as(_Found)
    target, line = found.target, found.line
    elsewhere = target is None or line is None or target.address_id != line.address_id
    return (
        Check("has_broadband", found.has_line),
        Check("line_known", line is not None),
        Check("no_open_move", not found.moving),
        Check("address_known", target is not None),
        Check("address_covered", target is None or target.fibre),
        Check("address_other", elsewhere),
        *place_left(asked, found.place),
    )


def _facts(asked: Asked) -> Values:
    found = asked.read_as(_Found)
    address = found.target
    return {
        "line_tail": found.line.tail if found.line is not None else "",
        "address_zh": address.zh if address is not None else "",
        "address_en": address.en if address is not None else "",
    }


async def _apply(books: Books, asked: Asked) -> Values:
    """The address stands sealed in `moves` and nowhere in the answer."""
    found = asked.read_as(_Found)
    line, target = found.line, found.target
    assert line is not None
    assert target is not None
    begins = visit_begins(asked)
    new = NewCase(
        kind="relocation",
        owner="field_service",
        title=f"宽带移机: {target.zh}",
        call_back_due=begins + CALL_BACK_AFTER,
        due_at=begins + timedelta(days=1),
        line_id=line.line_id,
        visits=True,
    )
    no = await open_case(books, asked, new)
    await books.store.run(
        "INSERT INTO moves (case_no, line_id, to_address, day, state, made_by)"
        " VALUES (?, ?, ?, ?, 'open', ?)",
        (
            no,
            line.line_id,
            books.vault.seal(target.address_id, f"moves.to_address/{no}"),
            asked.inputs["day"],
            asked.key,
        ),
    )
    return {"case_no": no, "day": asked.inputs["day"], "undo_until": begins.isoformat()}


def _may_cancel(asked: Asked) -> tuple[Check, ...]:
    return may_call_off(asked, asked.read_as(_Found).mine)


async def _cancel(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    no = asked.original.values["case_no"]
    await books.store.run("UPDATE moves SET state = 'cancelled' WHERE case_no = ?", (no,))
    await close_case(books, no, "cancelled", asked.now)
    await free(books, no)
    return {"case_no": no}


async def _due(books: Books, now: datetime, zone: ZoneInfo) -> int:
    """The fitters were there: from the day after the visit the line stands at the new address."""
    today = now.astimezone(zone).date().isoformat()
    rows = await books.store.all(
        "SELECT moves.*, lines.sub FROM moves JOIN lines USING (line_id)"
        " WHERE moves.state = 'open' AND moves.day < ?",
        (today,),
    )
    for row in rows:
        no, line_id = row["case_no"], row["line_id"]
        address = books.vault.text(row["to_address"], f"moves.to_address/{no}")
        await books.store.run(
            "UPDATE lines SET address = ? WHERE line_id = ?",
            (books.vault.seal(address, f"lines.address/{line_id}"), line_id),
        )
        await books.store.run("UPDATE moves SET state = 'moved' WHERE case_no = ?", (no,))
        await close_case(books, no, "done", now)
        await bump(books.store, row["sub"])
    return len(rows)


BUSINESS = Business(
    id="broadband_relocate",
    checks=_checks,
    apply=_apply,
    read=_read,
    price_fen=lambda _: FEE_FEN,
    facts=_facts,
    changes=False,
    parts={"appointment": appointment(lambda asked: asked.read_as(_Found).place)},
    undo=Undo(_may_cancel, _cancel),
    due=_due,
)
