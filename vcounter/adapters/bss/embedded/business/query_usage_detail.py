"""详单查询: allows one disclosure of the call and data records of some days."""

from __future__ import annotations

from datetime import date

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.usage import Usage, forget_old_usage, kept_since, usage_between
from vcounter.services.ports import Check, Disclosed

MAX_ROWS = 200
HEADINGS = ("time", "kind", "other", "amount", "fee")


def _range(asked: Asked) -> tuple[date, date]:
    """This month so far, when nothing was said."""
    first, last = asked.inputs.get("from_date", ""), asked.inputs.get("until_date", "")
    until = date.fromisoformat(last) if last else asked.today
    return (date.fromisoformat(first) if first else until.replace(day=1), until)


def _checks(asked: Asked) -> tuple[Check, ...]:
    first, last = _range(asked)
    return (
        Check("range_in_order", first <= last <= asked.today),
        Check("records_kept", kept_since(asked.today) <= first),
    )


def _facts(asked: Asked) -> Values:
    """The days alone: how many records there are is a disclosure already."""
    first, last = _range(asked)
    return {"first_day": first.isoformat(), "last_day": last.isoformat()}


async def _apply(_: Books, asked: Asked) -> Values:
    return _facts(asked)


async def _disclose(books: Books, asked: Asked) -> Disclosed:
    """In codes and figures, which the customer's page puts into words of their language."""
    assert asked.original is not None
    days = asked.original.values
    first, last = date.fromisoformat(days["first_day"]), date.fromisoformat(days["last_day"])
    found, left_out = await usage_between(books, asked.record.sub, first, last, MAX_ROWS)
    rows = tuple(_row(usage, asked) for usage in found)
    return Disclosed(headings=HEADINGS, rows=rows, left_out=left_out)


def _row(usage: Usage, asked: Asked) -> tuple[str, ...]:
    at = f"{usage.at.astimezone(asked.zone):%Y-%m-%d %H:%M}"
    fee = f"{usage.fee_fen // 100}.{usage.fee_fen % 100:02d}"
    return (at, usage.kind, usage.other, str(usage.amount), fee)


BUSINESS = Business(
    id="query_usage_detail",
    checks=_checks,
    apply=_apply,
    facts=_facts,
    changes=False,
    disclose=_disclose,
    due=forget_old_usage,
)
