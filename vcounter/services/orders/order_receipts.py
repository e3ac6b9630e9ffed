"""The receipt by SMS: whom it goes to, and never to a card that is lost, barred or locked."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from vcounter.actions import registry
from vcounter.actions.base import lang_of
from vcounter.domain.errors import CounterError
from vcounter.domain.ids import Msisdn
from vcounter.domain.order import Order
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity.evidence import scope_of
from vcounter.services.orders.order_views import facts_of, words_of
from vcounter.services.ports import Sms, Subscriber

SMS_TIMEOUT_S = 5.0
SIGNATURE = {"zh-CN": "【远程营业厅】", "en": "[Video counter] "}
_UNDO_WORDS = {"zh-CN": " 办理撤销请点: ", "en": " To undo it, open: "}


@dataclass(frozen=True, slots=True)
class Receipted:
    """`sms` says how it went: number, contact, nobody, failed."""

    sms: str
    undo_url: str | None


def recipient(order: Order, record: Subscriber) -> tuple[str, Msisdn | None]:
    """Who gets the receipt: (`number`, itself) while its card can receive, else (`contact`, the
    alternate contact), for a loss without one the call-back number, else (`nobody`, None)."""
    action = registry.action(order.action_id)
    outgoing_only = order.inputs.get("scope") == "out" and record.stop_reasons == ("voluntary",)
    if not action.locks_sim and (record.state == "ACTIVE" or outgoing_only):
        return "number", order.msisdn
    contact = record.alternate_contact or _call_back(order)
    if contact is None or contact == order.msisdn:
        return "nobody", None
    return "contact", contact


def _call_back(order: Order) -> Msisdn | None:
    number = order.inputs.get("call_back", "")
    return Msisdn(number) if re.fullmatch(r"1[3-9]\d{9}", number) else None


async def send_receipt(deps: Deps, visit: Visit, order: Order, url: str | None) -> Receipted:
    """Send the receipt of a done order, with the link that undoes it, if there is one.

    Safe to repeat: the gateway sends each key once. A gateway that fails does not hold the order
    up; the receipt then says so. Raises OperatorUnavailable when the operator cannot say now whose
    card may receive it.
    """
    record = await deps.bss.find(order.msisdn)
    if record is None:
        return Receipted("nobody", None)
    kind, to = recipient(order, record)
    if to is None:
        return Receipted(kind, url)
    lang = lang_of(visit.lang)
    action = registry.action(order.action_id)
    text = SIGNATURE[lang] + words_of(order).sms(facts_of(order), lang)
    if url:
        text += _UNDO_WORDS[lang] + url
    try:
        async with asyncio.timeout(SMS_TIMEOUT_S):
            await deps.sms.send(
                Sms(
                    to,
                    text,
                    f"receipt.{action.id}",
                    f"receipt-{order.id}",
                    visit_id=visit.id,
                    scope=scope_of(visit),
                )
            )
    except (CounterError, TimeoutError):
        kind = "failed"
    return Receipted(kind, url)


def trusted_recipient(order: Order, record: Subscriber) -> Msisdn | None:
    """Who hears of an order that was not carried out, or not yet: the number while its card can be
    trusted, else the contact."""
    if record.state == "ACTIVE" or record.state == "SUSPENDED_VOL":
        return order.msisdn
    return record.alternate_contact
