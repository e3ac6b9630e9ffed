"""What happens at the operator beside the counter: new subscribers, stops, cards, open orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.cards import (
    add_card,
    end_loss,
    note_risk,
    note_swap,
    void_cards,
)
from vcounter.adapters.bss.embedded.closings import note_contract, set_rule
from vcounter.adapters.bss.embedded.guards import take_reply
from vcounter.adapters.bss.embedded.holders import note_holder
from vcounter.adapters.bss.embedded.passwords import Passwords
from vcounter.adapters.bss.embedded.record import ENDS, STATES, Person, load
from vcounter.adapters.bss.embedded.sim_orders import SimOrder, order_card
from vcounter.adapters.bss.embedded.store import Store
from vcounter.adapters.bss.embedded.tickets import NewTicket, add_ticket
from vcounter.adapters.bss.embedded.vault import Vault
from vcounter.domain.errors import NotFound
from vcounter.services.ports import Clock


@dataclass(frozen=True, slots=True)
class NewSubscriber:
    """A number to open. `puk` is random unless one is planted; an empty `password` is none."""

    person: Person
    test: bool
    password: str = field(default="", repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    portraits: Sequence[bytes] = field(default=(), repr=False)
    enrolled_on: date = date(2024, 6, 1)
    puk: str | None = field(default=None, repr=False)


class Hall:
    """Changes by the operator's own staff and systems; each makes a new version of the record."""

    def __init__(self, store: Store, vault: Vault, passwords: Passwords, clock: Clock) -> None:
        self._store, self._vault = store, vault
        self._passwords, self._clock = passwords, clock

    async def open_number(self, new: NewSubscriber) -> bool:
        """Add a subscriber with a fresh card; False if the number exists already."""
        hashed = await self._passwords.hash(new.password) if new.password else ""
        sub = self._vault.name(new.person.msisdn)
        async with self._store.transaction():
            if await self._store.one("SELECT 1 FROM subscribers WHERE sub = ?", (sub,)):
                return False
            await self._store.run(
                "INSERT INTO subscribers (sub, person, version, test, password_hash)"
                " VALUES (?, ?, 1, ?, ?)",
                (
                    sub,
                    self._vault.seal(new.person.dump(), f"subscribers.person/{sub}"),
                    int(new.test),
                    hashed,
                ),
            )
            await add_card(self._store, self._vault, sub, puk=new.puk)
            await note_holder(self._store, self._vault, sub, new.person)
            for no, jpeg in enumerate(new.portraits):
                await self._store.run(
                    "INSERT INTO portraits (sub, no, jpeg, taken_on) VALUES (?, ?, ?, ?)",
                    (
                        sub,
                        no,
                        self._vault.seal(jpeg, f"portraits.jpeg/{sub}/{no}"),
                        new.enrolled_on.isoformat(),
                    ),
                )
            for code, value in new.facts.items():
                await self._store.run(
                    "INSERT INTO facts (sub, code, value) VALUES (?, ?, ?)",
                    (sub, code, self._vault.seal(value, f"facts.value/{sub}/{code}")),
                )
        return True

    async def stop(
        self, msisdn: str, reason: str, by: str, *, since: datetime | None = None
    ) -> None:
        """Stop a number for a reason (lost, fraud, police, debt, voluntary). Safe to repeat."""
        if reason not in STATES or reason in ENDS:
            raise ValueError(f"unknown reason {reason}")
        at = (since or self._clock.now()).isoformat()
        async with self._store.transaction():
            record = await load(self._store, self._vault, msisdn)
            if record is None:
                raise NotFound("no such number")
            lost = record.card.card_id if reason == "lost" and record.card else None
            added = await self._store.run(
                "INSERT INTO stops (sub, reason, since, starts_at, ordered_by, card_id)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (record.sub, reason, at, at, by, lost),
            )
            if added:
                await bump(self._store, record.sub)

    async def lift(self, msisdn: str, reason: str) -> None:
        """Lift a stop of the operator's own. A lost card is not lifted here: see replace_card."""
        if reason == "lost":
            raise ValueError("a lost card comes back by cancel_loss or a new card only")
        if reason not in STATES or reason in ENDS:
            raise ValueError(f"unknown reason {reason}")
        sub = self._vault.name(msisdn)
        async with self._store.transaction():
            if await self._store.run(
                "DELETE FROM stops WHERE sub = ? AND reason = ?", (sub, reason)
            ):
                await bump(self._store, sub)

    async def replace_card(self, msisdn: str, *, activate: bool = True) -> None:
        """Void the card in use and issue another; once active, the loss of the old one is over."""
        sub = self._vault.name(msisdn)
        async with self._store.transaction():
            now = self._clock.now()
            await void_cards(self._store, sub)
            await add_card(self._store, self._vault, sub)
            await note_swap(self._store, sub, now, "hall")
            if activate:
                await end_loss(self._store, sub, now)
            await bump(self._store, sub)

    async def send_card(self, msisdn: str, iccid: str, *, ready_at: datetime) -> None:
        """Note a card that was ordered at a hall and is on its way. Raises NotFound."""
        sub = self._vault.name(msisdn)
        async with self._store.transaction():
            if await load(self._store, self._vault, msisdn) is None:
                raise NotFound("no such number")
            order = SimOrder(sub, "post", "", ready_at)
            await order_card(self._store, self._vault, order, made_by=f"hall-{sub}", iccid=iccid)
            await bump(self._store, sub)

    async def mark_risk(self, msisdn: str, kind: str) -> None:
        """Mark a number `fraud`, or its contact as changed just now (`contact_changed`)."""
        async with self._store.transaction():
            sub = self._vault.name(msisdn)
            await note_risk(self._store, sub, kind, self._clock.now())
            await bump(self._store, sub)

    async def bind(self, msisdn: str, until: date) -> None:
        """Note a contract that runs to the end of a day."""
        async with self._store.transaction():
            await note_contract(self._store, self._vault.name(msisdn), until)

    async def set_rule(self, name: str, *, on: bool) -> None:
        """Switch a rule of the halls, such as `terminate_remotely`; on unless set."""
        async with self._store.transaction():
            await set_rule(self._store, name, on=on)

    async def open_order(self, msisdn: str, kind: str) -> None:
        """Note an order in progress elsewhere, such as a number leaving for another operator."""
        sub = self._vault.name(msisdn)
        async with self._store.transaction():
            await self._store.run(
                "INSERT INTO open_orders (sub, kind, since) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (sub, kind, self._clock.now().isoformat()),
            )
            await bump(self._store, sub)

    async def open_ticket(self, msisdn: str, new: NewTicket) -> None:
        """Add a case about a number; a repeat of its `no` changes nothing. Raises NotFound."""
        async with self._store.transaction():
            if await load(self._store, self._vault, msisdn) is None:
                raise NotFound("no such number")
            await add_ticket(self._store, self._vault, msisdn, new)

    async def take_sms(self, sender: str, text: str) -> bool:
        """A message that came in at the operator's: True if it was a relative's consent to be told
        of suspicious calls."""
        async with self._store.transaction():
            books = Books(self._store, self._vault)
            return await take_reply(books, sender, text, self._clock.now())

    async def note_reset(self, msisdn: str, at: datetime) -> None:
        """Set when the password was last reset, for a record that comes from elsewhere."""
        sub = self._vault.name(msisdn)
        async with self._store.transaction():
            await self._store.run(
                "UPDATE subscribers SET password_set_at = ? WHERE sub = ?", (at.isoformat(), sub)
            )
            await bump(self._store, sub)
