"""网络电视故障排查: steps to follow, or a reset of the box and its port from afar.

A port that hangs comes back by a reset; one that is down does not, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.home import Line, choose_line, lines_of
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check

RESET_EVERY = timedelta(minutes=10)


async def _read(
    books: Books, record: Record, inputs: Mapping[str, str], now: datetime
) -> tuple[Line, ...]:
    return tuple(await lines_of(books, record.sub, "iptv"))


def _line(asked: Asked) -> Line | None:
    return choose_line(asked.read_as(tuple), asked.inputs.get("account", ""))


def _is_reset(asked: Asked) -> bool:
    return asked.inputs.get("remedy") == "reset"


def _checks(asked: Asked) -> tuple[Check, ...]:
    line = _line(asked)
    since = line.last_reset_at if line is not None else None
    rested = since is None or asked.now - since >= RESET_EVERY
    return (
        Check("has_iptv", any(found.active for found in asked.read_as(tuple))),
        Check("line_known", line is not None),
        *((Check("no_reset_just_now", rested),) if _is_reset(asked) else ()),
    )


def _facts(asked: Asked) -> Values:
    line = _line(asked)
    return {"line_tail": line.tail, "box_tail": line.device_tail} if line is not None else {}


async def _apply(books: Books, asked: Asked) -> Values:
    line = _line(asked)
    assert line is not None
    if not _is_reset(asked):
        return {}
    after = "up" if line.port in ("up", "hung") else line.port
    await books.store.run(
        "UPDATE lines SET port = ?, last_reset_at = ? WHERE line_id = ?",
        (after, asked.now.isoformat(), line.line_id),
    )
    return {"port": after}


BUSINESS = Business(
    id="iptv_troubleshoot",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    changes=False,
)
