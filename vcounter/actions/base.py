"""What an action is: a frozen definition of level, inputs, words and receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Literal

from pydantic import BaseModel, ConfigDict

from vcounter.domain.identity import Level
from vcounter.domain.ids import Msisdn

Lang = Literal["zh-CN", "en"]
Secret = Literal["new_password"]
Disclosure = Literal["puk"]


def lang_of(text: str) -> Lang:
    """The language to speak for a visit's language tag; anything but English is Chinese."""
    return "en" if text.lower().startswith("en") else "zh-CN"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages of the counter."""

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words of an action may depend on.

    `price_fen` is in fen (CNY 0.01); `operator` holds the facts of the operator's quote and, once
    it is done, the values of its result. `zone` is the tenant's time zone.
    """

    msisdn: Msisdn
    inputs: Mapping[str, str]
    price_fen: int
    effective_from: datetime
    now: datetime
    zone: tzinfo
    operator: Mapping[str, str] = field(default_factory=dict)

    @property
    def tail(self) -> str:
        """The last four digits, as people name their number."""
        return self.msisdn[-4:]

    @property
    def starts_later(self) -> bool:
        """Whether it takes effect on a later day than today, in the tenant's zone."""
        return self.effective_from.astimezone(self.zone).date() > self.today

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Plain:
    """An order in the customer's own words: what happens, its cost, from when, how to undo it."""

    what: str
    cost: str
    from_when: str
    undo: str


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the customer keeps; nothing in it is secret or a disclosure."""

    title: str
    lines: tuple[Line, ...]
    undo: str | None = None


class ActionInputs(BaseModel):
    """Base of the input models. Unknown fields are refused; text is stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class NoInputs(ActionInputs):
    """The number alone says everything."""


def no_secret(_: str, __: Msisdn, ___: date | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """One business action.

    `level` and `needs_independent_reference` say what the party must hold; `requires_recording`
    that the recording must be growing at each stage. `secret` names what the customer keys in on
    the sealed pad after confirming, `discloses` what is shown on the sealed screen after success.
    `check_secret` returns why a secret cannot be taken (an i18n suffix), or None.
    `locks_sim` says that the customer's card cannot receive an SMS while the action matters.
    """

    id: str
    level: Level
    needs_independent_reference: bool
    requires_recording: bool
    undo_id: str | None
    inputs: type[ActionInputs]
    plain: Callable[[Facts, Lang], Plain]
    receipt: Callable[[Facts, Lang], Receipt]
    sms: Callable[[Facts, Lang], str]
    secret: Secret | None = None
    discloses: Disclosure | None = None
    check_secret: Callable[[str, Msisdn, date | None], str | None] = no_secret
    locks_sim: bool = False
