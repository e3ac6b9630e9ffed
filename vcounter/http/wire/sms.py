"""Wire objects of SMS: templates for the administrator, a visit's messages for its agent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vcounter.domain.sms import Lang
from vcounter.http.wire.base import In, Out


class SmsOut(Out):
    """One SMS of a visit: no text, whatever it was."""

    id: str
    template: str
    version: int
    to_masked: str
    state: Literal["queued", "sent", "delivered", "failed"]
    reason: str
    encoding: Literal["gsm7", "ucs2"]
    length: int
    segments: int
    queued_at: str | None
    sent_at: str | None
    settled_at: str | None


class SmsTextOut(Out):
    """`length` in septets or UCS-2 units, of the text filled with sample values."""

    lang: Lang
    text: str
    encoding: Literal["gsm7", "ucs2"]
    length: int
    segments: int


class SmsTemplateOut(Out):
    """`version` 0: as shipped. `editable` is False for receipts, whose words come with the code."""

    id: str
    kind: Literal["code", "notice", "receipt"]
    version: int
    fields: list[str]
    editable: bool
    by: str | None
    at: str | None
    texts: list[SmsTextOut]


class SmsTemplateIn(In):
    """New texts in place of version `version`; each uses every placeholder of the template."""

    version: int = Field(ge=0)
    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=900)
