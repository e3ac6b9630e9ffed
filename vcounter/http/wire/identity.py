"""Wire objects of the identity panel and the referee's desk."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from vcounter.domain.documents import DocumentType
from vcounter.domain.steps import RetakeReason
from vcounter.http.wire.base import In, Out, Texts
from vcounter.http.wire.shared import AgentName


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
    elder_care: bool
    dialect: str
    large_print: bool
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


class Question(Out):
    code: str
    expected: str
