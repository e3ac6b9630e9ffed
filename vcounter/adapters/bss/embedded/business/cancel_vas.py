"""增值业务退订: ends services now or at the month's end, as the catalogue says for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.add_ons import AddOn, add_ons_of, end_due_add_ons
from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.cycles import next_cycle
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    add_ons: tuple[AddOn, ...]


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    return _Found(await add_ons_of(books, record.sub))


def _wanted(asked: Asked) -> frozenset[str]:
    """The services that are ticked in the form."""
    return frozenset(code for code, ticked in asked.inputs.items() if ticked == "True")


def _chosen(asked: Asked) -> list[AddOn]:
    wanted = _wanted(asked)
    return [a for a in asked.read_as(_Found).add_ons if a.code in wanted and a.state == "on"]


def _checks(asked: Asked) -> tuple[Check, ...]:
    wanted = _wanted(asked)
    return (
        not_lost(asked),
        Check("service_chosen", bool(wanted)),
        Check("subscribed", len(_chosen(asked)) == len(wanted)),
    )


def _facts(asked: Asked) -> Values:
    chosen = _chosen(asked)
    return {
        "ends_now": ",".join(a.code for a in chosen if a.ends == "now"),
        "ends_later": ",".join(a.code for a in chosen if a.ends != "now"),
        "ends_at": next_cycle(asked.now, asked.zone).isoformat(),
        "saves_fen": str(sum(a.fee_fen for a in chosen)),
    }


async def _apply(books: Books, asked: Asked) -> Values:
    end_of_month = next_cycle(asked.now, asked.zone)
    for add_on in _chosen(asked):
        now = add_on.ends == "now"
        await books.store.run(
            "UPDATE add_ons SET state = ?, ends_at = ?, cancelled_by = ?"
            " WHERE sub = ? AND code = ?",
            (
                "ended" if now else "ending",
                (asked.now if now else end_of_month).isoformat(),
                asked.key,
                asked.record.sub,
                add_on.code,
            ),
        )
    return _facts(asked)


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    mine = [a for a in asked.read_as(_Found).add_ons if a.cancelled_by == asked.original.key]
    return (not_lost(asked), Check("not_changed_since", bool(mine)))


async def _undo(books: Books, asked: Asked) -> Values:
    """What was still running goes on; what had ended is subscribed to anew, from now."""
    assert asked.original is not None
    await books.store.run(
        "UPDATE add_ons SET since = CASE state WHEN 'ended' THEN ? ELSE since END, state = 'on',"
        " ends_at = NULL, cancelled_by = NULL WHERE cancelled_by = ?",
        (asked.now.isoformat(), asked.original.key),
    )
    return {}


BUSINESS = Business(
    id="cancel_vas",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    undo=Undo(_may_undo, _undo),
    due=end_due_add_ons,
)
