"""Plans, allowances, services, features and call records of the fictitious subscribers.

All are drawn from the number, so that the same number always has the same; moments are counted back
from now.
"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta

from vcounter.adapters.bss.embedded.add_ons import subscribe
from vcounter.adapters.bss.embedded.allowances import note_use, open_cycle
from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.adapters.bss.embedded.business.base import Books
from vcounter.adapters.bss.embedded.closings import note_contract
from vcounter.adapters.bss.embedded.cycles import next_cycle
from vcounter.adapters.bss.embedded.features import Feature, set_feature
from vcounter.adapters.bss.embedded.people import DemoPerson
from vcounter.adapters.bss.embedded.plans import Plan, line_plan, set_plan
from vcounter.adapters.bss.embedded.record import Record, load
from vcounter.adapters.bss.embedded.usage import Usage, add_usage, kept_since

SERVICES = ("ring_tone", "news", "weather", "video_pack", "missed_calls", "cloud_disk")
PRACTICE_SERVICES = ("ring_tone", "news")
_UNBOUND_CASES = ("active_elder_woman", "active_elder_man")
_MB_A_DAY, _MB_MOST = 20, 400
_CALL_FEN_A_MINUTE, _TEXT_FEN = 15, 10


async def seed_plans(bss: EmbeddedBss, demo: DemoPerson, *, practice: bool = False) -> None:
    """Give one number what its plan brings. `practice`: free to change everything. Repeating it
    changes nothing."""
    books, now = bss.books, bss.clock.now()
    dice = random.Random(f"plans {demo.person.msisdn}")  # noqa: S311 - invented, nothing secret
    async with bss.store.transaction():
        record = await load(books.store, books.vault, demo.person.msisdn)
        if record is None or await _is_seeded(books, record):
            return
        plan = (await line_plan(books, record)).plan
        free = practice or demo.case in _UNBOUND_CASES
        if plan is not None:
            bound = dice.random() < 0.2 and not free
            until = now.astimezone(bss.zone).date() + timedelta(days=dice.randrange(30, 300))
            if bound:
                await note_contract(books.store, record.sub, until)
            await set_plan(books, record.sub, plan, _opened(record, now))
            await _spend(bss, record, plan, now, dice)
        owned = [code for code in SERVICES if dice.random() < 0.3]
        sure = PRACTICE_SERVICES if free else ()
        await subscribe(books.store, record.sub, (*sure, *owned), now - timedelta(days=200))
        if dice.random() < 0.2 and not free:
            await set_feature(books, record.sub, Feature("caller_id", False, made_by="seed"))
        records = _usage(demo.person.msisdn, bss, now)
        await add_usage(books, record.sub, records, bss.zone)


async def _is_seeded(books: Books, record: Record) -> bool:
    found = await books.store.one("SELECT 1 FROM usage_records WHERE sub = ?", (record.sub,))
    return found is not None


def _opened(record: Record, now: datetime) -> datetime:
    return datetime.fromisoformat(record.person.opened_on).replace(tzinfo=now.tzinfo)


async def _spend(
    bss: EmbeddedBss, record: Record, plan: Plan, now: datetime, dice: random.Random
) -> None:
    """As much of the cycle's allowance as this day of the month makes likely."""
    gone = now.astimezone(bss.zone).day / _cycle_days(now, bss)
    await open_cycle(bss.books, record.sub, plan, now, bss.zone)
    share = gone * dice.uniform(0.3, 1.1)
    await note_use(
        bss.books,
        record.sub,
        now,
        bss.zone,
        data=min(plan.data_mb, int(plan.data_mb * share)),
        voice=min(plan.minutes, int(plan.minutes * share * 0.8)),
        texts=min(plan.texts, int(plan.texts * share * 0.4)),
    )


def _cycle_days(now: datetime, bss: EmbeddedBss) -> int:
    """How many days the running cycle has."""
    return (next_cycle(now, bss.zone).astimezone(bss.zone) - timedelta(hours=1)).day


def _usage(msisdn: str, bss: EmbeddedBss, now: datetime) -> list[Usage]:
    """One or two records on most days of the six months, by day, so that they do not move with the
    moment of seeding."""
    today = now.astimezone(bss.zone).date()
    known = random.Random(f"known {msisdn}")  # noqa: S311 - invented, nothing secret
    others = [f"1390000{known.randrange(10**4):04d}" for _ in range(6)]
    day, records = kept_since(today), []
    while day <= today:
        dice = random.Random(f"usage {msisdn} {day}")  # noqa: S311 - invented, nothing secret
        for _ in range(dice.randrange(3)):
            clock = time(dice.randrange(7, 22), dice.randrange(60), dice.randrange(60))
            at = datetime.combine(day, clock, bss.zone).astimezone(now.tzinfo)
            usage = _one(dice, at, others)
            if at <= now:
                records.append(usage)
        day += timedelta(days=1)
    return records


def _one(dice: random.Random, at: datetime, others: list[str]) -> Usage:
    kind = dice.choices(("call_out", "call_in", "text", "data"), (4, 4, 1, 3))[0]
    match kind:
        case "data":
            return Usage(at, kind, dice.randrange(_MB_A_DAY, _MB_MOST), 0)
        case "text":
            return Usage(at, kind, 1, _TEXT_FEN, dice.choice(others))
    seconds = dice.randrange(8, 1500)
    beyond = kind == "call_out" and dice.random() < 0.2
    fee = -(-seconds // 60) * _CALL_FEN_A_MINUTE if beyond else 0
    return Usage(at, kind, seconds, fee, dice.choice(others))
