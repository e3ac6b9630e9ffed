"""Wire objects of actions and orders."""

from __future__ import annotations

from datetime import time
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from vcounter.http.wire.base import In, Out, Texts
from vcounter.http.wire.shared import ReceiptOut


class NewOrder(In):
    action_id: str = Field(max_length=40)
    inputs: dict[str, str | bool | int | None] = Field(default_factory=dict, max_length=20)
    due_at: AwareDatetime | None = None


class Revealed(Out):
    """One value, or rows under their headings; `left_out` rows more are not given."""

    value: str
    headings: list[str]
    rows: list[list[str]]
    left_out: int


class PageAddress(Out):
    """Where the customer finishes an order on a page of the operator's own."""

    url: str


class Plain(Out):
    what: str
    cost: str
    from_when: str
    undo: str


class CheckOut(Out):
    code: str
    ok: bool


class SecondOut(Out):
    """How far the second holder of an order is."""

    msisdn_masked: str
    asked: bool
    confirmed_at: str | None


class InvitedOut(Out):
    sent_to: str


class OrderOut(Out):
    id: str
    action_id: str
    msisdn_masked: str
    state: str
    inputs: Texts
    plain: Plain
    plain_agent: Plain
    checks: list[CheckOut]
    failure: str | None
    result: Texts
    receipt: ReceiptOut | None
    reverses_id: str | None
    approval: Texts | None
    due_at: str | None
    signed: bool
    second: SecondOut | None
    dead_since: str | None
    created_at: str | None
    confirmed_at: str | None
    settled_at: str | None


class Page(In):
    """Which part of a list: `after` is the `next` of the part before."""

    limit: int = Field(default=50, ge=1, le=200)
    after: str = Field(default="", max_length=40)


class ApprovalWord(In):
    decision: Literal["approved", "refused"]
    reason: str = Field(min_length=1, max_length=200)


class DeadOrder(Out):
    order: OrderOut
    visit_id: str
    attempts: int
    dead_since: str | None


class DeadOrders(Out):
    items: list[DeadOrder]
    next: str | None


class Hours(Out):
    """HH:MM in the tenant's zone; `closes` may be on the next day."""

    opens: str
    closes: str


class SetSwitch(In):
    """Without hours it is open around the clock."""

    role: Literal["all", "agent", "team_lead"] = "all"
    enabled: bool
    opens: time | None = None
    closes: time | None = None


class SwitchOut(Out):
    role: str
    enabled: bool
    opens: str | None
    closes: str | None
    set_at: str | None


class ActionOut(Out):
    id: str
    no: int
    zh: str
    en: str
    assurance: str
    implemented: bool
    reference_independent: bool
    reversible: bool
    undo_id: str | None
    requires_recording: bool
    second_person: bool
    second_party: bool
    signs: bool
    enabled: bool
    open_now: bool
    hours: Hours | None
    schema_: dict[str, object] = Field(alias="schema")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
