"""宽带故障报修派单: a ticket with a work order, then the fitter's appointment.

The half day may be gone between the two: then the ticket is taken back with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.appointments import (
    Window,
    appointment,
    free,
    may_call_off,
    place_left,
    visit_begins,
    window,
)
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Undo, Values
from vcounter.adapters.bss.embedded.cases import (
    NewCase,
    close_case,
    has_open_case,
    open_case,
    open_cases,
)
from vcounter.adapters.bss.embedded.home import Line, address_of, choose_line, lines_of
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check

CALL_BACK_AFTER = timedelta(days=1, hours=18)  # the evening after the day of the visit
_SYMPTOMS = {
    "no_internet": "不能上网",
    "red_light": "光猫红灯",
    "drops": "经常断线",
    "slow": "网速慢",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class _Found:
    has_line: bool
    line: Line | None
    place: Window | None
    faulty: bool  # a fault of this line stands open already
    mine: frozenset[str]  # the commands of the number's open faults


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> _Found:
    lines = await lines_of(books, record.sub, "broadband")
    line = choose_line(lines, inputs.get("account", ""))
    mine = await open_cases(books, record.sub, "fault")
    has_line = any(found.active for found in lines)
    if line is None:
        return _Found(has_line, None, None, faulty=False, mine=mine)
    address = await address_of(books, line.address_id)
    place = await window(books, address.district if address else "", inputs)
    return _Found(has_line, line, place, await has_open_case(books, line.line_id, "fault"), mine)


def _checks(asked: Asked) -> tuple[Check, ...]:
    found = asked.read_as(_Found)
    return (
        Check("has_broadband", found.has_line),
        Check("line_known", found.line is not None),
        Check("no_open_ticket", not found.faulty),
        *place_left(asked, found.place),
    )


def _facts(asked: Asked) -> Values:
    line = asked.read_as(_Found).line
    return {
        "line_tail": line.tail if line is not None else "",
        "call_back_due": (visit_begins(asked) + CALL_BACK_AFTER).isoformat(),
    }


async def _apply(books: Books, asked: Asked) -> Values:
    line = asked.read_as(_Found).line
    assert line is not None
    begins = visit_begins(asked)
    new = NewCase(
        kind="fault",
        owner="field_service",
        title=f"宽带报修: {_SYMPTOMS[asked.inputs['symptom']]}",
        call_back_due=begins + CALL_BACK_AFTER,
        due_at=begins + timedelta(days=1),
        line_id=line.line_id,
        visits=True,
        detail=asked.inputs.get("words", ""),
    )
    no = await open_case(books, asked, new)
    return {"case_no": no, "day": asked.inputs["day"], "undo_until": begins.isoformat()}


def _may_cancel(asked: Asked) -> tuple[Check, ...]:
    return may_call_off(asked, asked.read_as(_Found).mine)


async def _cancel(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    no = asked.original.values["case_no"]
    await close_case(books, no, "cancelled", asked.now)
    await free(books, no)
    return {"case_no": no}


BUSINESS = Business(
    id="broadband_fault_ticket",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    changes=False,
    parts={"appointment": appointment(lambda asked: asked.read_as(_Found).place)},
    undo=Undo(_may_cancel, _cancel),
)
