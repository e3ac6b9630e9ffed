"""Wire objects of the team lead's approvals."""

from __future__ import annotations

from vcounter.http.wire.base import Out
from vcounter.http.wire.identity import CustomerRecord, Identity
from vcounter.http.wire.orders import OrderOut
from vcounter.http.wire.shared import AgentName


class OpenApproval(Out):
    """`may_decide` is false for whoever made the order or decided the identity."""

    order: OrderOut
    visit_id: str
    maker: AgentName
    may_decide: bool
    asked_at: str | None
    identity: Identity
    customer: CustomerRecord | None


class OpenApprovals(Out):
    items: list[OpenApproval]
    next: str | None
