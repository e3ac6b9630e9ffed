"""What a search finds, as a spreadsheet: numbers masked, rows bounded, who took it audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.actions import registry
from vcounter.actions.base import Lang, Text
from vcounter.domain.agent import Agent
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import StaffId
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.order import OrderState
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.history.search_orders import OrderSearch, audit_search, read_query
from vcounter.services.ports import OrderLine, Sheet

MAX_ROWS = 5000
_BATCH = 200  # what is opened before others have their turn
_TITLE = Text("订单", "Orders")
_MORE = Text(
    "只有最新的 {rows} 条，其余请缩小范围再导出。",
    "The newest {rows} only; narrow the search for the rest.",
)
_COLUMNS = (
    (Text("时间", "Time"), 18),
    (Text("号码", "Number"), 14),
    (Text("业务", "Action"), 26),
    (Text("状态", "State"), 18),
    (Text("办结时间", "Settled"), 18),
    (Text("身份等级", "Assurance"), 10),
    (Text("工号", "Badge"), 8),
    (Text("营业员", "Agent"), 12),
    (Text("失败原因", "Failure"), 20),
    (Text("订单号", "Order number"), 32),
    (Text("来访号", "Visit number"), 32),
)
_STATES: Mapping[OrderState, Text] = {
    OrderState.DRAFT: Text("草稿", "Draft"),
    OrderState.AWAITING_CUSTOMER: Text("等客户确认", "Waiting for the customer"),
    OrderState.CONFIRMED: Text("客户已确认", "Confirmed"),
    OrderState.AWAITING_APPROVAL: Text("等审批", "Waiting for approval"),
    OrderState.SUBMITTED: Text("已提交", "Submitted"),
    OrderState.SUCCEEDED: Text("已办成", "Done"),
    OrderState.FAILED: Text("没办成", "Not done"),
    OrderState.UNKNOWN: Text("结果未知", "Outcome unknown"),
    OrderState.DECLINED: Text("客户不同意", "Declined"),
    OrderState.EXPIRED: Text("已过期", "Expired"),
    OrderState.CANCELLED: Text("已取消", "Cancelled"),
    OrderState.SCHEDULED: Text("已预约", "Scheduled"),
    OrderState.REVERSED: Text("已撤销", "Undone"),
}


async def export_orders(deps: Deps, caller: StaffCaller, search: OrderSearch, lang: Lang) -> bytes:
    """The search's orders as xlsx, newest first, MAX_ROWS at most and saying so if there are more.

    The audit line is written before the file leaves, with the number of rows.
    Raises InvalidInput, DocumentUnavailable.
    """
    whole = replace(search, cursor="")
    found, more = await _gather(deps, caller, whole)
    async with deps.db.write(caller.scope) as uow:
        query = await read_query(uow, caller, whole)
        zone = ZoneInfo((await uow.tenants.get(caller.scope.tenant_id)).timezone)
        who = await uow.staff.named([order.maker_id for order in found])
        await audit_search(deps, uow, caller, "orders.export", whole, query, len(found))
    sheet = Sheet(
        title=_TITLE.say(lang),
        headings=tuple(text.say(lang) for text, _ in _COLUMNS),
        widths=tuple(width for _, width in _COLUMNS),
        rows=[_row(order, who, zone, lang) for order in found],
        note=_MORE.say(lang).format(rows=MAX_ROWS) if more else "",
    )
    return await deps.sheets.write_sheet(sheet)


async def _gather(
    deps: Deps, caller: StaffCaller, search: OrderSearch
) -> tuple[list[OrderLine], bool]:
    """What is found, in batches that do not hold the event loop, and whether there is more."""
    found: list[OrderLine] = []
    async with deps.db.read(caller.scope) as uow:
        query = replace(await read_query(uow, caller, search), limit=_BATCH)
        while len(found) <= MAX_ROWS:
            batch = await uow.orders.search(query)
            found += batch
            if len(batch) < _BATCH:
                break
            query = replace(query, before=(batch[-1].created_at, batch[-1].id))
    return found[:MAX_ROWS], len(found) > MAX_ROWS


def _row(
    order: OrderLine, who: Mapping[StaffId, Agent], zone: ZoneInfo, lang: Lang
) -> tuple[str, ...]:
    agent = who.get(order.maker_id)
    return (
        _moment(order.created_at, zone),
        mask_msisdn(order.msisdn),
        _action(order.action_id, lang),
        _STATES[order.state].say(lang),
        _moment(order.settled_at, zone),
        order.assurance,
        agent.badge if agent else "",
        agent.name if agent else "",
        order.failure or "",
        order.id,
        order.visit_id,
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""


def _action(action_id: str, lang: Lang) -> str:
    try:
        entry = registry.entry(action_id)
    except NotFound:  # the catalogue has it no more
        return action_id
    return entry.en if lang == "en" else entry.zh
