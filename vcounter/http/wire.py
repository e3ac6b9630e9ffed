"""The wire objects of the HTTP API: what goes in and comes out, with their bounds.

The use cases build plain dicts (`vcounter.services.views`); these models check them on the way
out and describe them in the OpenAPI document.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from vcounter.domain.documents import DocumentType
from vcounter.domain.steps import RetakeReason

Lang = Literal["zh-CN", "en"]
Texts = dict[str, str]


class In(BaseModel):
    """Something a client sends: unknown fields are refused, so that a typo is not lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


# --- what the customer's page sends ---------------------------------------------------------------


class OpenVisit(In):
    link: str = Field(default="", max_length=128, description="Token of the link; empty: walk-in.")
    lang: Lang = "zh-CN"
    recording: Literal["given", "refused"]
    takeover: bool = Field(default=False, description="The customer chose to go on here.")
    device: str = Field(default="", max_length=120)


class Answer(In):
    answer: dict[str, str | bool | int] = Field(max_length=8)


class Say(In):
    text: str = Field(min_length=1, max_length=500)


class SetLang(In):
    lang: Lang


# --- what the console sends -----------------------------------------------------------------------


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
    ]
    params: dict[str, str] = Field(default_factory=dict, max_length=8)


class Retake(In):
    kind: Literal["face", "card_front", "card_back"]
    reason: RetakeReason


class Document(In):
    number: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)
    valid_from: date
    valid_until: date | Literal["long_term"]
    authority: str = Field(default="", max_length=60)
    type: DocumentType = DocumentType.RESIDENT_ID


class Decision(In):
    outcome: Literal["passed", "failed"]
    reason: str = Field(default="", max_length=200)


class Reason(In):
    reason: str = Field(min_length=1, max_length=200)


class Facts(In):
    name: str = Field(min_length=1, max_length=60)
    document_number: str = Field(min_length=1, max_length=40)
    fact_code: str = Field(max_length=40)
    answer: str = Field(max_length=100)
    call_back: str = Field(max_length=20)


class StatsQuery(In):
    days: int = Field(default=30, ge=1, le=366)


class QuestionMarks(In):
    answers: dict[str, bool] = Field(max_length=10, description="Right or wrong, by code.")


class Fraud(In):
    on: bool
    reason: str = Field(min_length=1, max_length=200)


class Duress(In):
    on: bool


class NewOrder(In):
    action_id: str = Field(max_length=40)
    inputs: dict[str, str | bool | int | None] = Field(default_factory=dict, max_length=20)


class WrapUp(In):
    disposition: str = Field(max_length=40)
    tags: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=12)
    note: str = Field(default="", max_length=500)


class DemoLink(In):
    msisdn: str = Field(default="", max_length=20)
    lang: Lang = "zh-CN"


class DemoCustomer(In):
    case: str = Field(default="", max_length=40)


# --- what comes back ------------------------------------------------------------------------------


class VisitOpened(Out):
    visit_id: str
    party_id: str
    credential: str
    resumed: bool


class TicketOut(Out):
    ticket: str
    ws: str


class Accepted(Out):
    accepted: bool


class Revealed(Out):
    value: str


class Me(Out):
    id: str
    name: str
    badge: str
    role: str
    state: str
    reason: str | None
    since: str | None
    demo: bool = False


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


class Place(Out):
    ahead: int
    wait_s: int


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


class CustomerVisit(Out):
    id: str
    state: str
    lang: str
    recording: str
    face_consent: str
    simulated: bool
    msisdn_masked: str | None


class MediaStarted(Out):
    started: bool


class CustomerView(Out):
    visit: CustomerVisit
    agent: AgentName | None
    place: Place | None
    step: StepOut | None
    messages: list[MessageOut]
    receipts: list[ReceiptOut]
    media: MediaStarted


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


class CustomerRecord(Out):
    name: str
    msisdn: str
    sex: str
    age: int
    address_short: str
    stars: int
    plan: str
    state: str
    stop_reasons: list[str]
    opened_on: str
    has_enrolment: bool
    document_type: DocumentType
    alternate_contact_masked: str | None


class ImageOut(Out):
    id: str
    kind: str
    at: str | None
    width: int
    height: int


class EvidenceOut(Out):
    id: str
    kind: str
    outcome: str
    reference: str
    zone: str | None
    at: str | None
    by: str | None
    source: str
    image_sha256: str
    detail: Texts


class Referral(Out):
    state: str
    reason: str


CardState = Literal["none", "reading", "read", "unreadable"]
Agreement = Literal["agrees", "differs", "unknown"]


class PresenceOut(Out):
    state: Literal["none", "same", "absent", "second", "other"]
    at: str | None


class DocumentOut(Out):
    type: str
    source: Literal["none", "ocr", "keyed"]
    failing: list[str]
    read: Literal["unread", "agrees", "differs"]


class CardStates(Out):
    front: CardState
    back: CardState
    warnings: list[str]


class AgreementLine(Out):
    code: str
    state: Literal["agrees", "differs", "review", "unknown"]
    by: str
    detail: Texts


class CardField(Out):
    side: Literal["front", "back"]
    name: str
    text: str
    confidence: float
    state: Agreement


class CardOut(Out):
    front: CardState
    back: CardState
    fields: list[CardField]
    faults: list[str]
    warnings: list[str]


class QuestionsState(Out):
    drawn: int
    outcome: Literal["none", "asked", "passed", "failed"]


class FraudState(Out):
    on: bool
    before: bool


class Identity(Out):
    level: str
    reference: str
    missing: list[str]
    needs_referee: bool
    path: Literal["face", "no_face"]
    to_l3: list[str]
    old_portrait: bool
    referral: Referral | None
    comparing: bool
    presence: PresenceOut
    document: DocumentOut | None
    card: CardStates
    agreement: list[AgreementLine]
    questions: QuestionsState
    second: Referral
    fraud: FraudState
    enrolment: Literal["none", "asked", "given", "refused", "done"]
    images: list[ImageOut]
    evidence: list[EvidenceOut]


class OpenReferral(Out):
    visit_id: str
    ask: Literal["decision", "approval", "duress", "fraud"]
    customer: CustomerRecord | None
    agent: AgentName
    reason: str
    asked_at: str | None
    identity: Identity


class ReferralStats(Out):
    days: int
    visits: int
    by_path: dict[str, int]
    share_referee: float
    reasons: dict[str, int]
    by_referee_outcome: dict[str, int]


class Plain(Out):
    what: str
    cost: str
    from_when: str
    undo: str


class CheckOut(Out):
    code: str
    ok: bool


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
    created_at: str | None
    confirmed_at: str | None
    settled_at: str | None


class TimelineItem(Out):
    at: str | None
    code: str
    detail: Texts


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
    orders: list[OrderOut]
    recording: RecorderLight
    timeline: list[TimelineItem]
    customer_online: bool
    duress: bool


class Desk(Out):
    me: Me
    offer: Offer | None
    visit: AgentView | None
    queue: Queue


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
    schema_: dict[str, object] = Field(alias="schema")

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Question(Out):
    code: str
    expected: str


class RecordingOut(Out):
    state: str
    duration_ms: int
    files: list[str]


class DemoLinkOut(Out):
    url: str


class DemoToken(Out):
    link: str


class DemoStarted(Out):
    started: bool


class InboxMessage(Out):
    to: str
    text: str
    at: str


class DemoSubscriber(Out):
    msisdn: str
    name: str
    note: str


class ImageRef(Out):
    image_id: str
