"""What the operator holds about one number, as its rules need it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from vcounter.adapters.bss.embedded.store import Row, Store
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.documents import DocumentType
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Subscriber

# The strongest reason names the state: a lost card hides everything but the number's own end.
STATES = {
    "closed": "CLOSED",
    "closing": "PENDING_TERM",
    "lost": "LOST_HOLD",
    "fraud": "SUSPENDED_FRAUD",
    "police": "SUSPENDED_POLICE",
    "debt": "SUSPENDED_DEBT",
    "voluntary": "SUSPENDED_VOL",
}
ACTIVE = "ACTIVE"
ENDS = frozenset({"closed", "closing"})  # only terminate_service sets and lifts these


@dataclass(frozen=True, slots=True)
class Stop:
    """One reason why a number does not work, and since when."""

    reason: str
    starts_at: datetime
    scope: str = "both"
    card_id: str | None = None

    def bites(self, now: datetime) -> bool:
        return self.starts_at <= now


@dataclass(frozen=True, slots=True)
class Card:
    """The SIM in use. Its PUK stays in the table until it is revealed."""

    card_id: str
    iccid: str
    puk_tries_left: int


@dataclass(frozen=True, slots=True)
class Person:
    """The sealed facts about a holder."""

    msisdn: str
    name: str
    document_number: str
    sex: Literal["female", "male"]
    birth: str
    address: str
    stars: int
    plan: str
    opened_on: str
    alternate_contact: str | None
    document_type: str = DocumentType.RESIDENT_ID.value

    def dump(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Record:
    sub: str
    person: Person
    version: int
    test: bool
    stops: Mapping[str, Stop]
    card: Card | None
    open_orders: frozenset[str]
    has_enrolment: bool
    password_set_at: datetime | None
    granted_until: datetime | None = None  # an emergency grant that is not over by itself
    elder_care: bool = False
    dialect: str = ""
    large_print: bool = False

    def _bites(self, reason: str, now: datetime) -> bool:
        """A stop that is in force; an emergency grant holds the one for debt off."""
        stop = self.stops.get(reason)
        if stop is None or not stop.bites(now):
            return False
        granted = self.granted_until is not None and now < self.granted_until
        return not (reason == "debt" and granted)

    def state(self, now: datetime) -> str:
        """ACTIVE only when no stop bites."""
        for reason, state in STATES.items():
            if self._bites(reason, now):
                return state
        return ACTIVE

    @property
    def is_closed(self) -> bool:
        return "closed" in self.stops

    @property
    def is_closing(self) -> bool:
        """Closed after a time in which it can still be taken back."""
        return "closing" in self.stops

    def reasons(self, now: datetime) -> tuple[str, ...]:
        """The stops that bite now, strongest first."""
        return tuple(r for r in STATES if self._bites(r, now))

    def subscriber(self, now: datetime) -> Subscriber:
        """The record as the port gives it out."""
        person = self.person
        contact = person.alternate_contact
        return Subscriber(
            msisdn=Msisdn(person.msisdn),
            name=person.name,
            document_number=person.document_number,
            sex=person.sex,
            birth=date.fromisoformat(person.birth),
            address=person.address,
            state=self.state(now),
            stop_reasons=self.reasons(now),
            version=self.version,
            stars=person.stars,
            plan=person.plan,
            opened_on=date.fromisoformat(person.opened_on),
            alternate_contact=Msisdn(contact) if contact else None,
            has_enrolment=self.has_enrolment,
            iccid_tail=self.card.iccid[-4:] if self.card else "",
            test=self.test,
            document_type=DocumentType(person.document_type),
            elder_care=self.elder_care,
            dialect=self.dialect,
            large_print=self.large_print,
        )


async def load(store: Store, vault: Vault, msisdn: str) -> Record | None:
    """Read one number within the caller's transaction."""
    return await load_sub(store, vault, vault.name(msisdn))


async def load_sub(store: Store, vault: Vault, sub: str) -> Record | None:
    """The same, for a number known by its keyed hash."""
    row = await store.one("SELECT * FROM subscribers WHERE sub = ?", (sub,))
    if row is None:
        return None
    stops = await store.all("SELECT * FROM stops WHERE sub = ?", (sub,))
    card = await store.one("SELECT * FROM cards WHERE sub = ? AND status = 'in_use'", (sub,))
    orders = await store.all("SELECT kind FROM open_orders WHERE sub = ?", (sub,))
    portrait = await store.one("SELECT 1 FROM portraits WHERE sub = ? LIMIT 1", (sub,))
    grant = await store.one(
        "SELECT MAX(ends_at) AS ends_at FROM grants WHERE sub = ? AND ended_at IS NULL", (sub,)
    )
    care = await store.one("SELECT wishes FROM care_profiles WHERE sub = ?", (sub,))
    wishes = json.loads(vault.text(care["wishes"], f"care_profiles.wishes/{sub}")) if care else {}
    since = row["password_set_at"]
    return Record(
        sub=sub,
        person=Person(**json.loads(vault.open(row["person"], f"subscribers.person/{sub}"))),
        version=row["version"],
        test=bool(row["test"]),
        stops={r["reason"]: _stop(r) for r in stops},
        card=_card(card, vault) if card is not None else None,
        open_orders=frozenset(str(r["kind"]) for r in orders),
        has_enrolment=portrait is not None,
        password_set_at=_moment(since),
        granted_until=_moment(grant["ends_at"] if grant else None),
        elder_care=bool(wishes.get("elder", False)),
        dialect=str(wishes.get("dialect", "")),
        large_print=bool(wishes.get("large_print", False)),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _stop(row: Row) -> Stop:
    starts_at = datetime.fromisoformat(row["starts_at"])
    return Stop(row["reason"], starts_at, row["scope"], row["card_id"])


def _card(row: Row, vault: Vault) -> Card:
    card_id = row["card_id"]
    iccid = vault.text(row["iccid"], f"cards.iccid/{card_id}")
    return Card(card_id, iccid, row["puk_tries_left"])
