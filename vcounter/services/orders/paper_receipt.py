"""The receipt on paper: made on demand from the order alone, for whom it belongs to, and checkable.

Nothing is stored. The QR code of the customer's own copy opens the undo link while that can still
be used; every other copy carries a link that says whether the receipt is genuine.
"""

from __future__ import annotations

from datetime import timedelta

from vcounter.actions.base import Lang, Text, lang_of
from vcounter.domain.agent import Agent, Role
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import OrderId
from vcounter.domain.order import Order, OrderState
from vcounter.services.context import CustomerCaller, Deps, StaffCaller, sha256_hex
from vcounter.services.orders.order_views import RECEIPTED, UNDO_URL, facts_of, words_of
from vcounter.services.orders.receipt_token import receipt_url
from vcounter.services.ports import AuditLine, PaperPage, PaperReceipt, Scope, UnitOfWork
from vcounter.services.visits.desk import may_see_visit

_NAME = Text("业务回执", "Receipt")
_ORDER_NO = Text("订单号", "Order number")
_AGENT = Text("营业员", "Agent")
_UNDO = Text("想取消", "To undo it")
_QUESTIONS = Text("有问题", "Questions")
_ASK = Text(
    "再打开远程营业厅，把订单号告诉营业员。",
    "Open the video counter again and tell the agent the order number.",
)
_STATE = Text("现在", "Now")
_REVERSED = Text("这项业务已经取消。", "This was undone later.")
_QR_UNDO = Text(
    "想取消，请用手机扫这个码。到 {until} 前有效，请不要给别人。",
    "To undo it, scan this code with a phone. Good until {until}; do not give it to anybody.",
)
_QR_GENUINE = Text(
    "用手机扫这个码，可以查这张回执是不是真的。",
    "Scan this code with a phone to see whether this receipt is genuine.",
)
# A link that ends while the customer walks to the printer is no use to them.
_UNDO_AT_LEAST = timedelta(minutes=10)


async def print_for_customer(deps: Deps, caller: CustomerCaller, order_id: OrderId) -> bytes:
    """The customer's own receipt as PDF, audited. Raises NotFound, DocumentUnavailable."""
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        mine = (order.visit_id, order.party_id) == (caller.party.visit_id, caller.party.id)
        if not mine or order.state not in RECEIPTED:
            raise NotFound("no receipt of this customer's")
        lang = lang_of((await uow.visits.get(order.visit_id)).lang)
        paper = await _paper(deps, uow, order, lang, await _open_undo(deps, uow, order, lang))
        await _audit(deps, uow, caller.party.id, order)
    return await deps.receipts.print_receipt(paper)


async def print_for_staff(deps: Deps, caller: StaffCaller, order_id: OrderId) -> bytes:
    """A copy for the visit's agent, a team lead or an administrator, audited.

    It never carries the undo link, which opens a visit in the customer's name.
    Raises NotFound, VisitGone, DocumentUnavailable.
    """
    async with deps.db.read(caller.scope) as uow:
        order = await uow.orders.get(order_id)
    if caller.agent.role is not Role.ADMIN:
        await may_see_visit(deps, caller, order.visit_id)
    async with deps.db.write(caller.scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state not in RECEIPTED:
            raise NotFound("no receipt yet")
        lang = lang_of((await uow.visits.get(order.visit_id)).lang)
        paper = await _paper(deps, uow, order, lang, None)
        await _audit(deps, uow, caller.id, order)
    return await deps.receipts.print_receipt(paper)


async def _audit(deps: Deps, uow: UnitOfWork, who: str, order: Order) -> None:
    subject = deps.keys.blind_index(order.msisdn)
    await uow.audit.write(AuditLine(who, "receipt.print", order.id, subject))


async def _open_undo(
    deps: Deps, uow: UnitOfWork, order: Order, lang: Lang
) -> tuple[str, str] | None:
    """The order's undo link and what to say of it, while nobody has used it and time is left."""
    url = order.result.get(UNDO_URL)
    if not url or order.state is not OrderState.SUCCEEDED:
        return None
    link = await uow.links.get(sha256_hex(url.rsplit("/", 1)[-1]))
    if link is None or link.visit_id is not None:
        return None
    if link.expires_at - deps.clock.now() < _UNDO_AT_LEAST:
        return None
    until = link.expires_at.astimezone(facts_of(order).zone)
    return url, f"{until:%Y-%m-%d %H:%M}"


async def _paper(
    deps: Deps, uow: UnitOfWork, order: Order, lang: Lang, undo: tuple[str, str] | None
) -> PaperReceipt:
    """The customer's language first, the other one on a page behind it."""
    scope = Scope(order.tenant_id, order.region)
    operator = (await uow.tenants.get(order.tenant_id)).name
    agent = (await uow.staff.get(order.maker_id)).agent
    other: Lang = "zh-CN" if lang == "en" else "en"
    pages = [_page(order, one, operator, agent, undo) for one in (lang, other)]
    url = undo[0] if undo else receipt_url(deps, scope, order.id)
    return PaperReceipt(f"{_NAME.say(lang)} {order.id}", pages, url)


def _page(
    order: Order, lang: Lang, operator: str, agent: Agent, undo: tuple[str, str] | None
) -> PaperPage:
    receipt = words_of(order).receipt(facts_of(order), lang)
    lines = [(line.label, line.value) for line in receipt.lines]
    lines.append((_AGENT.say(lang), f"{agent.name} {agent.badge}"))
    notes = [(_ORDER_NO.say(lang), str(order.id))]
    if order.state is OrderState.REVERSED:
        notes.append((_STATE.say(lang), _REVERSED.say(lang)))
    elif receipt.undo:
        notes.append((_UNDO.say(lang), receipt.undo))
    else:
        notes.append((_QUESTIONS.say(lang), _ASK.say(lang)))
    caption = _QR_UNDO.say(lang).format(until=undo[1]) if undo else _QR_GENUINE.say(lang)
    return PaperPage(lang, operator, receipt.title, tuple(lines), tuple(notes), caption)
