"""An order as the agent sees it, and the receipt as the customer keeps it, from the order alone.

What the customer was shown is frozen in `order.result` under `shown.`, so that the words never
change afterwards; it and everything else under a dot stays on the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from vcounter.actions import registry
from vcounter.actions.base import Facts, Words, lang_of
from vcounter.actions.second_party import SECOND_MSISDN
from vcounter.domain.msisdn import mask_msisdn
from vcounter.domain.order import Order, OrderState
from vcounter.services.ports import Quote
from vcounter.services.views import iso

_SHOWN = "shown."
_FACT = "shown.fact."
UNDO_URL = "receipt.undo_url"
RECEIPTED = frozenset({OrderState.SUCCEEDED, OrderState.REVERSED})


def freeze_quote(quote: Quote, zone: str) -> dict[str, str]:
    """The operator's quote as text, for `order.result`; `facts_of` reads it back."""
    return {
        f"{_SHOWN}price_fen": str(quote.price_fen),
        f"{_SHOWN}effective_from": quote.effective_from.isoformat(),
        f"{_SHOWN}zone": zone,
        f"{_SHOWN}checks": ",".join(c.code if c.ok else f"!{c.code}" for c in quote.checks),
        **{f"{_FACT}{name}": value for name, value in quote.facts.items()},
    }


def facts_of(order: Order) -> Facts:
    """What the action's words depend on: the quote, then what the operator answered."""
    result = order.result
    facts = {k.removeprefix(_FACT): v for k, v in result.items() if k.startswith(_FACT)}
    return Facts(
        msisdn=order.msisdn,
        inputs=order.inputs,
        price_fen=int(result[f"{_SHOWN}price_fen"]),
        effective_from=datetime.fromisoformat(result[f"{_SHOWN}effective_from"]),
        now=order.settled_at or order.created_at,
        zone=ZoneInfo(result[f"{_SHOWN}zone"]),
        operator={**facts, **public_result(result)},
    )


def words_of(order: Order) -> Words:
    """What this order says: its action's words, or, when it takes another order back, those of
    the taking back."""
    action = registry.action(order.action_id)
    if order.reverses_id is not None and action.undone is not None:
        return action.undone
    return action.words


def public_result(result: Mapping[str, str]) -> dict[str, str]:
    """What of the result people may see: the operator's values, no secret, no disclosure."""
    return {k: v for k, v in result.items() if "." not in k}


def order_view(order: Order, lang: str) -> dict[str, object]:
    """The order for the agent; `plain` in the visit's language, `plain_agent` in Chinese."""
    words = words_of(order)
    facts = facts_of(order)
    return {
        "id": order.id,
        "action_id": order.action_id,
        "msisdn_masked": mask_msisdn(order.msisdn),
        "state": order.state.value,
        "inputs": dict(order.inputs),
        "plain": asdict(words.plain(facts, lang_of(lang))),
        "plain_agent": asdict(words.plain(facts, "zh-CN")),
        "checks": _checks(order),
        "failure": order.failure,
        "result": public_result(order.result),
        "receipt": _receipt(order, lang, undo_url=None),
        "reverses_id": order.reverses_id,
        "second": _second(order),
        "approval": dict(order.approval) or None,
        "due_at": iso(order.due_at),
        "signed": order.signature_image_id is not None,
        "dead_since": iso(order.dead_since),
        "created_at": iso(order.created_at),
        "confirmed_at": iso(order.confirmed_at),
        "settled_at": iso(order.settled_at),
    }


def _second(order: Order) -> dict[str, object] | None:
    if not registry.action(order.action_id).second_party or order.reverses_id is not None:
        return None
    return {
        "msisdn_masked": mask_msisdn(order.inputs[SECOND_MSISDN]),
        "asked": order.second_visit_id is not None,
        "confirmed_at": iso(order.second_confirmed_at),
    }


def _checks(order: Order) -> list[dict[str, object]]:
    codes = order.result.get(f"{_SHOWN}checks", "")
    return [
        {"code": code.removeprefix("!"), "ok": not code.startswith("!")}
        for code in codes.split(",")
        if code
    ]


def receipt_view(order: Order, lang: str) -> dict[str, object] | None:
    """The customer's receipt, once the order succeeded; with the undo link if there is one."""
    return _receipt(order, lang, undo_url=order.result.get(UNDO_URL))


def receipts_of(orders: Sequence[Order], lang: str) -> list[dict[str, object]]:
    """The receipts of a visit, oldest first."""
    settled = sorted(orders, key=lambda o: (o.settled_at or o.created_at, o.id))
    return [view for order in settled if (view := receipt_view(order, lang)) is not None]


def _receipt(order: Order, lang: str, undo_url: str | None) -> dict[str, object] | None:
    if order.state not in RECEIPTED:
        return None
    receipt = words_of(order).receipt(facts_of(order), lang_of(lang))
    undo = {"text": receipt.undo, "url": undo_url} if receipt.undo else None
    return {
        "order_id": order.id,
        "title": receipt.title,
        "lines": [asdict(line) for line in receipt.lines],
        "undo": undo,
        "at": iso(order.settled_at),
        "state": order.state.value,
    }
