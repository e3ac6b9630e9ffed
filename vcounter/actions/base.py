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
Disclosure = Literal["puk", "usage_detail", "my_numbers"]


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


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes up on the customer's screen in large print when it is done, and is read aloud.

    The agent sees the same: nothing secret, no disclosure.
    """

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What an order says: before, in the receipt, by SMS."""

    plain: Callable[[Facts, Lang], Plain]
    receipt: Callable[[Facts, Lang], Receipt]
    sms: Callable[[Facts, Lang], str]


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

    What the party must hold: `level`, or what `level_for` says of the inputs (never below `level`),
    and with `needs_independent_reference` a face matched with a portrait from elsewhere than the
    card. `requires_recording`: the recording must be growing at each stage. `second_person`: a team
    lead approves the order after the customer confirmed it. `second_party`: a second holder
    confirms it too in the words of `second_plain`, with a level of their own. `signs`: the customer
    signs on the screen.

    How it is undone: `undo_id` names the inverse action; the action's own id means that the very
    order is taken back, in the words of `undone`; None, that it cannot be.

    What goes with it: `secret` is what the customer keys in on the sealed pad after confirming,
    `discloses` what is shown on the sealed screen after success, `shows` what is shown openly.
    `pays_on_page`: the customer finishes on a page of the operator's own. `parts` are second
    effects at the operator, in order; when one is refused the main effect is undone. `how_to` are
    steps sent by SMS. `confirms` names the input that holds a contact's number: it and the contact
    that it replaces must have confirmed a code in the visit. `check_secret` returns why a secret
    cannot be taken (an i18n suffix), or None. `locks_sim` says that the customer's card
    cannot receive an SMS while the action matters.
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
    level_for: Callable[[Mapping[str, str]], Level] | None = None
    second_person: bool = False
    second_party: bool = False
    signs: bool = False
    second_plain: Callable[[Facts, Lang], Plain] | None = None
    undone: Words | None = None
    secret: Secret | None = None
    discloses: Disclosure | None = None
    shows: Callable[[Facts, Lang], Shown] | None = None
    pays_on_page: bool = False
    parts: tuple[str, ...] = ()
    how_to: Callable[[Facts, Lang], tuple[str, ...]] | None = None
    confirms: str = ""
    check_secret: Callable[[str, Msisdn, date | None], str | None] = no_secret
    locks_sim: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a definition that contradicts itself."""
        if (self.undo_id == self.id) is not (self.undone is not None):
            raise ValueError(f"{self.id}: an order taken back needs words, and only that")
        if self.second_party is not (self.second_plain is not None):
            raise ValueError(f"{self.id}: a second holder needs words, and only that one")
        if self.second_person and self.level is not Level.L3:
            raise ValueError(f"{self.id}: a second person makes level L3")
        if self.signs and self.secret is not None:
            raise ValueError(f"{self.id}: it is signed or keyed, not both")

    @property
    def words(self) -> Words:
        return Words(self.plain, self.receipt, self.sms)

    def needed(self, inputs: Mapping[str, str]) -> Level:
        """The level that these inputs want."""
        return self.level if self.level_for is None else self.level_for(inputs)
