"""Wire objects of the demo's own pages."""

from __future__ import annotations

from pydantic import Field

from vcounter.http.wire.base import In, Lang, Out


class DemoLink(In):
    msisdn: str = Field(default="", max_length=20)
    lang: Lang = "zh-CN"


class DemoCustomer(In):
    case: str = Field(default="", max_length=40)


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
