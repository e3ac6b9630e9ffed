"""Filling an empty operator's system with the fictitious subscribers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.adapters.bss.embedded.hall import NewSubscriber
from vcounter.adapters.bss.embedded.home import seed_home
from vcounter.adapters.bss.embedded.money_seeds import seed_money
from vcounter.adapters.bss.embedded.people import DEMO_PEOPLE, DemoPerson
from vcounter.adapters.bss.embedded.seed_plans import seed_plans
from vcounter.adapters.bss.embedded.tickets import NewTicket

_STOPS = {
    "suspended_by_customer": "voluntary",
    "suspended_for_debt": "debt",
    "reported_lost": "lost",
    "suspended_for_fraud": "fraud",
    "suspended_by_police": "police",
}


async def seed_demo(
    bss: EmbeddedBss,
    portraits: Mapping[str, Sequence[bytes]],
    people: Sequence[DemoPerson] = DEMO_PEOPLE,
) -> int:
    """Add those who are not there yet and return how many were added. Safe to repeat.

    `portraits` are the enrolment JPEGs by person key; PUKs and cards are random in each database.
    Every one of them is marked `test`.
    """
    added = 0
    for demo in people:
        jpegs = portraits.get(demo.portrait_key, ()) if demo.enrolled else ()
        new = NewSubscriber(
            person=demo.person,
            test=True,
            password=demo.password,
            facts=dict(demo.facts),
            portraits=tuple(jpegs),
        )
        if await bss.hall.open_number(new):
            await _situate(bss, demo)
            await seed_plans(bss, demo)
            added += 1
        await seed_money(bss, demo)
    async with bss.store.transaction():
        for demo in people:
            whole = demo.case == "active_elder_woman"
            await seed_home(bss.books, demo.person.msisdn, whole=whole)
    return added


async def _situate(bss: EmbeddedBss, demo: DemoPerson) -> None:
    msisdn, now = demo.person.msisdn, bss.clock.now()
    reason = _STOPS.get(demo.case)
    if reason is not None:
        await bss.hall.stop(msisdn, reason, "seed", since=now - timedelta(days=3))
    if demo.case == "reset_today":
        await bss.hall.note_reset(msisdn, now - timedelta(hours=2))
    if demo.case == "active_elder_woman":
        await bss.hall.open_ticket(msisdn, _mended_fault(now))
    if demo.case == "open_order":
        await bss.hall.open_order(msisdn, "port_out")


def _mended_fault(now: datetime) -> NewTicket:
    """A case of last month that is over, so that it stands in nobody's way."""
    opened = now - timedelta(days=30)
    return NewTicket(
        no="SEED-6021-1",
        kind="fault",
        state="closed",
        title="家里宽带晚上断线, 已换光猫",
        opened_at=opened,
        due_at=opened + timedelta(days=2),
        closed_at=opened + timedelta(days=1),
        made_by="seed",
    )
