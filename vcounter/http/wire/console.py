"""Wire objects of the agent's console: the desk, the visit as the agent sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vcounter.http.wire.base import In, Out, Texts
from vcounter.http.wire.identity import CustomerRecord, Identity
from vcounter.http.wire.orders import OrderOut
from vcounter.http.wire.shared import MessageOut, StepOut
from vcounter.http.wire.sms import SmsOut


class Login(In):
    tenant: str = Field(default="", max_length=64)
    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=200)
    otp: str = Field(default="", max_length=10)


class SetState(In):
    state: Literal["ready", "not_ready"]
    reason: Literal["break", "training", "other"] = "break"


class SetNumber(In):
    msisdn: str = Field(max_length=20)


class PushStep(In):
    kind: Literal[
        "consent",
        "camera",
        "face",
        "card_front",
        "card_back",
        "card_tilt",
        "number_pad",
        "show",
        "message",
        "photo",
    ]
    params: dict[str, str] = Field(default_factory=dict, max_length=8)


class WrapUp(In):
    disposition: str = Field(max_length=40)
    tags: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=12)
    note: str = Field(default="", max_length=500)


class Me(Out):
    id: str
    name: str
    badge: str
    role: str
    state: str
    reason: str | None
    since: str | None
    demo: bool = False


class Offer(Out):
    visit_id: str
    skill_group: str
    elder: bool
    wait_s: int
    ring_until: str | None
    lang: str
    msisdn_masked: str | None
    simulated: bool


class Queue(Out):
    waiting: int
    longest_wait_s: int
    elder_waiting: int


class AgentVisit(Out):
    id: str
    state: str
    lang: str
    region: str
    skill_group: str
    simulated: bool
    recording: str
    face_consent: str
    entered_at: str | None
    connected_at: str | None
    ended_at: str | None
    msisdn: str | None
    companion_of: str | None
    aside: bool


class Companion(Out):
    """The second holder beside a visit."""

    visit_id: str
    msisdn_masked: str | None
    aside: bool


class TimelineItem(Out):
    at: str | None
    code: str
    detail: Texts


class PhotoOut(Out):
    """A photo that the customer took of something; the picture comes by its own request."""

    id: str
    kind: Literal["photo"]
    what: str
    at: str | None
    width: int
    height: int


class RecorderLight(Out):
    state: Literal["off", "growing", "sealed", "stalled"]
    bytes: int


class AgentView(Out):
    visit: AgentVisit
    customer: CustomerRecord | None
    step: StepOut | None
    steps: list[StepOut]
    messages: list[MessageOut]
    identity: Identity
    photos: list[PhotoOut]
    orders: list[OrderOut]
    undo_order: OrderOut | None
    recording: RecorderLight
    timeline: list[TimelineItem]
    sms: list[SmsOut]
    customer_online: bool
    duress: bool
    companion: Companion | None


class Desk(Out):
    me: Me
    offer: Offer | None
    visit: AgentView | None
    queue: Queue


class RecordingOut(Out):
    state: str
    duration_ms: int
    files: list[str]
