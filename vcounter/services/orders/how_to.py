"""The steps of a how-to by SMS, so that the customer has them when the call is over."""

from __future__ import annotations

import asyncio

from vcounter.actions import registry
from vcounter.actions.base import Lang, lang_of
from vcounter.domain.errors import CounterError
from vcounter.domain.order import Order
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity.evidence import scope_of
from vcounter.services.orders.order_receipts import SMS_TIMEOUT_S, recipient
from vcounter.services.orders.order_views import facts_of
from vcounter.services.ports import Sms
from vcounter.services.sms.compose import compose

# Seven joined messages of 67 characters (3GPP TS 23.040 §9.2.3.24.1, UCS-2); no handset shows more
# than that in one piece for certain.
MAX_CHARACTERS = 7 * 67
TEMPLATE = "how_to"
_MORE = {"zh-CN": "其余请问营业员。", "en": "Ask us for the rest."}


def how_to_text(steps: tuple[str, ...], lang: Lang, room: int) -> str:
    """Whole steps with their numbers, as many as fit into `room` characters."""
    text = ""
    for number, step in enumerate(steps, 1):
        longer = f"{text}{number}. {step} "
        rest = 0 if number == len(steps) else len(_MORE[lang])
        if len(longer.rstrip()) + rest > room:
            return text + _MORE[lang]
        text = longer
    return text.rstrip()


async def send_how_to(deps: Deps, visit: Visit, order: Order) -> None:
    """Send the steps of a done order, if it has any, to whom its receipt goes.

    Safe to repeat: the gateway sends each key once. A gateway that fails holds nothing up; the
    steps are on the screen. Raises OperatorUnavailable as the receipt does.
    """
    action, lang = registry.action(order.action_id), lang_of(visit.lang)
    if action.how_to is None or order.reverses_id is not None:
        return
    steps = action.how_to(facts_of(order), lang)
    record = await deps.bss.find(order.msisdn) if steps else None
    if record is None:
        return
    _, to = recipient(order, record)
    if to is None:
        return
    scope = scope_of(visit)
    bare = await compose(deps, scope, TEMPLATE, lang, {"steps": ""})
    text = how_to_text(steps, lang, MAX_CHARACTERS - len(bare.text))
    words = await compose(deps, scope, TEMPLATE, lang, {"steps": text})
    sms = Sms(
        to,
        words.text,
        words.template,
        f"how-to-{order.id}",
        visit_id=visit.id,
        scope=scope,
        version=words.version,
    )
    try:
        async with asyncio.timeout(SMS_TIMEOUT_S):
            await deps.sms.send(sms)
    except (CounterError, TimeoutError):
        return
