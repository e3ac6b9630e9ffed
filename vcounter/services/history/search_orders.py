"""Looking orders up by number, action, state, day and agent, page by page; each look is audited."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vcounter.actions import registry
from vcounter.domain.errors import InvalidInput, NotFound
from vcounter.domain.ids import OrderId
from vcounter.domain.msisdn import parse_msisdn
from vcounter.domain.order import OrderState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.history.number_history import order_item
from vcounter.services.ports import AuditLine, OrderLine, OrderQuery, UnitOfWork

PAGE = 50
EVERYTHING = "orders"  # what the audit line of a search is about
_LAST_DAY = date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """What somebody looks for; an empty field asks for nothing. `until` is the last day, in the
    tenant's zone as `since` is; `agent` is a badge number; `cursor` comes from the page before."""

    msisdn: str = ""
    action_id: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    agent: str = ""
    cursor: str = ""


async def search_orders(deps: Deps, caller: StaffCaller, search: OrderSearch) -> dict[str, object]:
    """One page of orders, newest first, with the cursor of the next one or None.

    Numbers are masked. Raises InvalidInput that names the field.
    """
    async with deps.db.write(caller.scope) as uow:
        query = await read_query(uow, caller, search)
        found = await uow.orders.search(replace(query, limit=PAGE + 1))
        page = found[:PAGE]
        who = await uow.staff.named([order.maker_id for order in page])
        await audit_search(deps, uow, caller, "orders.search", search, query, len(page))
    rows = [order_item(order, who) for order in page]
    return {"rows": rows, "next": cursor_of(page[-1]) if len(found) > PAGE else None}


async def read_query(uow: UnitOfWork, caller: StaffCaller, search: OrderSearch) -> OrderQuery:
    """The search as the database understands it. Raises InvalidInput."""
    zone = ZoneInfo((await uow.tenants.get(caller.scope.tenant_id)).timezone)
    since = _day(search.since, "since")
    until = _day(search.until, "until")
    if since and until and since > until:
        raise InvalidInput("the last day is before the first", field="until", reason="range")
    return OrderQuery(
        msisdn=parse_msisdn(search.msisdn) if search.msisdn else None,
        action_id=_action(search.action_id),
        state=_state(search.state),
        makers=[a.id for a in await uow.staff.with_badge(search.agent)] if search.agent else None,
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        before=_read_cursor(search.cursor) if search.cursor else None,
    )


async def audit_search(
    deps: Deps,
    uow: UnitOfWork,
    caller: StaffCaller,
    verb: str,
    search: OrderSearch,
    query: OrderQuery,
    rows: int,
) -> None:
    """Who looked for what and how much came; the number stands there as a keyed hash alone."""
    subject = deps.keys.blind_index(query.msisdn) if query.msisdn else ""
    asked = {
        "action_id": search.action_id,
        "state": search.state,
        "since": search.since.isoformat() if search.since else "",
        "until": search.until.isoformat() if search.until else "",
        "agent": ",".join(query.makers or ()),
        "rows": str(rows),
    }
    detail = {name: value for name, value in asked.items() if value}
    await uow.audit.write(AuditLine(caller.id, verb, EVERYTHING, subject, detail))


def cursor_of(order: OrderLine) -> str:
    """Where the page after this order begins."""
    text = f"{order.created_at.isoformat()}|{order.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, OrderId]:
    refused = InvalidInput("no cursor of ours", field="cursor", reason="format")
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, order_id = text.partition("|")
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise refused from None
    if at.tzinfo is None or not order_id:
        raise refused
    return at, OrderId(order_id)


def _day(day: date | None, field: str) -> date | None:
    """A day that has a next one in every zone."""
    if day is not None and not date(1970, 1, 2) <= day <= _LAST_DAY:
        raise InvalidInput("no day of this service", field=field, reason="range")
    return day


def _action(action_id: str) -> str | None:
    if not action_id:
        return None
    try:
        return registry.entry(action_id).id
    except NotFound:
        raise InvalidInput("no such action", field="action_id", reason="choice") from None


def _state(text: str) -> OrderState | None:
    if not text:
        return None
    try:
        return OrderState(text)
    except ValueError:
        raise InvalidInput("no such state", field="state", reason="choice") from None
