"""Wire objects of a number's history and of the search for orders."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from vcounter.http.wire.base import In, Lang, Out
from vcounter.http.wire.shared import AgentName


class HistoryVisit(Out):
    kind: Literal["visit"]
    id: str
    at: str
    state: str
    desk_zh: str
    desk_en: str
    agent: AgentName | None
    disposition: str | None
    length_s: int | None
    recorded: bool


class OrderRow(Out):
    kind: Literal["order"]
    id: str
    at: str
    visit_id: str
    action_id: str
    msisdn_masked: str
    state: str
    settled_at: str | None
    failure: str | None
    assurance: str
    agent: AgentName | None


class HistoryTicket(Out):
    kind: Literal["ticket"]
    id: str
    at: str
    what: str
    state: str
    title: str
    due_at: str | None


class History(Out):
    msisdn_masked: str | None
    tickets_known: bool
    items: list[Annotated[HistoryVisit | OrderRow | HistoryTicket, Field(discriminator="kind")]]


class OrderSearchIn(In):
    """A POST, so that numbers stand in no address and no log."""

    msisdn: str = Field(default="", max_length=20)
    action_id: str = Field(default="", max_length=40)
    state: str = Field(default="", max_length=40)
    since: date | None = None
    until: date | None = None
    agent: str = Field(default="", max_length=20)
    cursor: str = Field(default="", max_length=200)


class OrderPage(Out):
    rows: list[OrderRow]
    next: str | None


class OrderExportIn(OrderSearchIn):
    lang: Lang = "zh-CN"
