"""Wire objects that both sides see: the customer's page and the console."""

from __future__ import annotations

from pydantic import Field

from vcounter.http.wire.base import In, Out, Texts


class Say(In):
    text: str = Field(min_length=1, max_length=500)


class TicketOut(Out):
    ticket: str
    ws: str


class Accepted(Out):
    accepted: bool


class StepOut(Out):
    id: str
    kind: str
    params: Texts
    state: str
    sealed: bool
    order_id: str | None
    outcome: Texts
    pushed_at: str | None
    ended_at: str | None


class MessageOut(Out):
    id: str
    sender: str
    text: str
    at: str | None


class Line(Out):
    label: str
    value: str


class Undo(Out):
    text: str
    url: str | None = None


class ReceiptOut(Out):
    order_id: str
    title: str
    lines: list[Line]
    undo: Undo | None
    at: str | None
    state: str


class AgentName(Out):
    name: str
    badge: str


class ImageRef(Out):
    image_id: str
