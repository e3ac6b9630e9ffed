"""Who calls: fictitious subscribers with the card and the secrets a real one would know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from vcounter.adapters.bss.embedded import DEMO_PEOPLE, DemoPerson
from vcounter.adapters.bss.embedded.people import document_number, more_facts
from vcounter.adapters.bss.embedded.record import Person as SubscriberPerson
from vcounter.domain.documents import DocumentType
from vcounter.specimen.card import Person as CardPerson
from vcounter.specimen.people import portraits

NEW_PASSWORD = "736251"  # noqa: S105  (keyed by the simulated customer when asked for a new one)

NEW_CONTACT = "13900009002"  # whom the simulated customer names as their contact

PRACTICE_MAX = 4000
_PRACTICE: tuple[tuple[str, Literal["female", "male"], tuple[str, ...]], ...] = (
    ("collins", "female", ("林秀珍", "何淑英", "罗桂兰")),
    ("biden", "male", ("郭德福", "唐志明", "冯建华")),
    ("obama", "male", ("程永强", "曹国栋", "彭新民")),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """One simulated person: what they know, and what their camera can show."""

    demo: DemoPerson

    @property
    def msisdn(self) -> str:
        return self.demo.person.msisdn

    @property
    def portrait_key(self) -> str:
        return self.demo.portrait_key

    def card(self) -> CardPerson:
        """The specimen card that belongs to this subscriber."""
        person = self.demo.person
        return CardPerson(
            name=person.name,
            sex=person.sex,
            ethnicity="汉",
            birth=date.fromisoformat(person.birth),
            address=person.address,
            number=person.document_number,
            portrait=portraits()[self.demo.portrait_key].card,
            valid_from=self.demo.card_from,
            valid_until=self.demo.card_until,
        )

    def document(self) -> dict[str, str]:
        """What an agent keys from the picture of the card."""
        until = self.demo.card_until
        return {
            "number": self.demo.person.document_number,
            "name": self.demo.person.name,
            "valid_from": self.demo.card_from.isoformat(),
            "valid_until": until.isoformat() if until else "long_term",
        }


def demo_callers() -> list[Caller]:
    """The demo's subscribers with a card to show, those first who can be served most actions."""
    order = {"active_elder_woman": 0, "active_elder_man": 1, "active_younger": 2}
    with_card = [p for p in DEMO_PEOPLE if p.person.document_type == DocumentType.RESIDENT_ID]
    people = sorted(with_card, key=lambda p: (order.get(p.case, 9), p.person.msisdn))
    return [Caller(person) for person in people]


def practice_caller(index: int) -> Caller:
    """An invented, active subscriber of one's own, for runs in which each visit wants a fresh one.

    The same index gives the same person. Raises ValueError beyond PRACTICE_MAX.
    """
    if not 0 <= index < PRACTICE_MAX:
        raise ValueError(f"practice people are 0 to {PRACTICE_MAX - 1}")
    portrait, sex, names = _PRACTICE[index % len(_PRACTICE)]
    birth = date(1945, 1, 1) + timedelta(days=37 * index % 9000)
    person = SubscriberPerson(
        msisdn=f"1380000{1000 + index:04d}",
        name=names[index // len(_PRACTICE) % len(names)],
        document_number=document_number("430102", birth, 991 if sex == "male" else 990),
        sex=sex,
        birth=birth.isoformat(),
        address=f"湖南省长沙市样例路{1 + index}号",
        stars=3,
        plan="孝心卡19元",
        opened_on="2012-05-15",
        alternate_contact=f"1390000{1000 + index:04d}",
    )
    demo = DemoPerson(
        case="active_elder_woman" if sex == "female" else "active_elder_man",
        portrait_key=portrait,
        person=person,
        card_from=date(2019, 3, 2),
        card_until=date(2039, 3, 2),
        facts=(("opened_year", "2012"), ("monthly_plan", person.plan), *more_facts(person)),
    )
    return Caller(demo)


def caller_for(case_or_number: str) -> Caller | None:
    """A demo subscriber by the name of the case or by the number; None if there is none."""
    return next(
        (Caller(p) for p in DEMO_PEOPLE if case_or_number in (p.case, p.person.msisdn)),
        None,
    )
