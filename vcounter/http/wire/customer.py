"""Wire objects of the customer's page."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vcounter.http.wire.base import In, Lang, Out
from vcounter.http.wire.shared import AgentName, MessageOut, ReceiptOut, StepOut


class OpenVisit(In):
    link: str = Field(default="", max_length=128, description="Token of the link; empty: walk-in.")
    lang: Lang = "zh-CN"
    recording: Literal["given", "refused"]
    takeover: bool = Field(default=False, description="The customer chose to go on here.")
    device: str = Field(default="", max_length=120)


class Answer(In):
    answer: dict[str, str | bool | int] = Field(max_length=8)


class SetLang(In):
    lang: Lang


class VisitOpened(Out):
    visit_id: str
    party_id: str
    credential: str
    resumed: bool


class Place(Out):
    ahead: int
    wait_s: int


class CustomerVisit(Out):
    id: str
    state: str
    lang: str
    recording: str
    face_consent: str
    simulated: bool
    msisdn_masked: str | None
    joins_another: bool
    aside: bool


class MediaStarted(Out):
    started: bool


class CustomerView(Out):
    visit: CustomerVisit
    agent: AgentName | None
    place: Place | None
    step: StepOut | None
    messages: list[MessageOut]
    receipts: list[ReceiptOut]
    large_print: bool
    media: MediaStarted
