"""Who calls: fictitious subscribers with the card and the secrets a real one would know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vcounter.adapters.bss.embedded import DEMO_PEOPLE, DemoPerson
from vcounter.specimen.card import Person as CardPerson
from vcounter.specimen.people import portraits

NEW_PASSWORD = "736251"  # noqa: S105  (keyed by the simulated customer when asked for a new one)


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
    """The demo's subscribers, those first whom an agent can serve most actions."""
    order = {"active_elder_woman": 0, "active_elder_man": 1, "active_younger": 2}
    people = sorted(DEMO_PEOPLE, key=lambda p: (order.get(p.case, 9), p.person.msisdn))
    return [Caller(person) for person in people]


def caller_for(case_or_number: str) -> Caller | None:
    """A demo subscriber by the name of the case or by the number; None if there is none."""
    return next(
        (c for c in demo_callers() if case_or_number in (c.demo.case, c.msisdn)),
        None,
    )
