"""Tokens that show a receipt to be genuine, and what anybody who holds one may learn.

A token names its order and carries 128 bits of a keyed hash of that name: it cannot be made up,
opens nothing and needs no row of its own.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from vcounter.actions.words import minute
from vcounter.domain.errors import NotFound
from vcounter.domain.ids import OrderId, Region, TenantId
from vcounter.domain.order import Order, OrderState
from vcounter.services.context import Deps
from vcounter.services.orders.order_views import RECEIPTED, facts_of, words_of
from vcounter.services.ports import AuditLine, Scope

ANYBODY = "public"
_PURPOSE = "receipt/1"
_TAG_DIGITS = 32
_MAX_TOKEN = 400


@dataclass(frozen=True, slots=True)
class Genuine:
    """What the page behind a receipt's code tells: no name, no number but its last four digits."""

    operator: str
    title_zh: str
    title_en: str
    tail: str
    at_zh: str
    at_en: str
    undone: bool


def receipt_url(deps: Deps, scope: Scope, order_id: OrderId) -> str:
    """The address of the page that says that this order's receipt is genuine."""
    name = f"{scope.tenant_id}/{scope.region}/{order_id}"
    shown = base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
    return f"{deps.policy.public_url.rstrip('/')}/r/{shown}.{_tag(deps, name)}"


async def check_receipt(deps: Deps, token: str) -> Genuine:
    """What a genuine token stands for, audited. Raises NotFound for every other one."""
    scope, order_id = _named(deps, token)
    async with deps.db.write(scope) as uow:
        order = await uow.orders.get(order_id)
        if order.state not in RECEIPTED:
            raise NotFound("no receipt")
        operator = (await uow.tenants.get(scope.tenant_id)).name
        await uow.audit.write(AuditLine(ANYBODY, "receipt.check", order.id))
    return _genuine(order, operator)


def _named(deps: Deps, token: str) -> tuple[Scope, OrderId]:
    shown, _, tag = token.partition(".")
    try:
        if len(token) > _MAX_TOKEN or not token.isascii():
            raise NotFound("no token")
        name = base64.urlsafe_b64decode(shown + "=" * (-len(shown) % 4)).decode()
    except ValueError:  # neither base64 nor UTF-8
        raise NotFound("no token") from None
    if not hmac.compare_digest(tag, _tag(deps, name)):
        raise NotFound("forged token")
    tenant_id, region, order_id = name.split("/")
    return Scope(TenantId(tenant_id), Region(region)), OrderId(order_id)


def _tag(deps: Deps, name: str) -> str:
    return deps.keys.blind_index(f"{_PURPOSE}:{name}")[:_TAG_DIGITS]


def _genuine(order: Order, operator: str) -> Genuine:
    words, facts = words_of(order), facts_of(order)
    return Genuine(
        operator=operator,
        title_zh=words.receipt(facts, "zh-CN").title,
        title_en=words.receipt(facts, "en").title,
        tail=facts.tail,
        at_zh=minute(facts.now, facts.zone, "zh-CN"),
        at_en=minute(facts.now, facts.zone, "en"),
        undone=order.state is OrderState.REVERSED,
    )
