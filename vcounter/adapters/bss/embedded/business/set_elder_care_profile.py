"""长辈关爱设置: for those of 65, and for whoever asks; a helper counts once they agreed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.care import (
    Profile,
    Wishes,
    ask_helper,
    before_change,
    keep_profile,
    note_change,
    profile_of,
    stop_asking,
    watch,
)
from vcounter.adapters.bss.embedded.record import Record
from vcounter.domain.queueing import age_on
from vcounter.domain.visit import ELDER_AGE_YEARS
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    profile: Profile | None


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    return _Found(await profile_of(books, record.sub))


def _wanted(asked: Asked) -> Profile:
    """A helper who has agreed already is not asked again."""
    inputs, old = asked.inputs, asked.read_as(_Found).profile
    helper = inputs.get("helper", "")
    wishes = Wishes(
        elder=inputs.get("elder", "yes") == "yes",
        dialect=inputs.get("dialect", "mandarin"),
        large_print=inputs.get("large_print", "no") == "yes",
        helper=helper,
    )
    known = old is not None and old.helper_state == "agreed" and old.wishes.helper == helper
    state = "none" if not helper else "agreed" if known else "asked"
    yuan = inputs.get("watch_yuan", "")
    return Profile(wishes, int(yuan) * 100 if yuan else None, state, asked.key)


def _checks(asked: Asked) -> tuple[Check, ...]:
    birth = date.fromisoformat(asked.record.person.birth)
    aged = age_on(birth, asked.today) >= ELDER_AGE_YEARS
    helper = asked.inputs.get("helper", "")
    return (
        not_lost(asked),
        Check("aged_or_asked", aged or asked.inputs.get("on_request") == "yes"),
        Check("other_helper", helper != asked.record.person.msisdn),
    )


def _facts(asked: Asked) -> Values:
    return {"helper_state": _wanted(asked).helper_state}


async def _apply(books: Books, asked: Asked) -> Values:
    sub, old, new = asked.record.sub, asked.read_as(_Found).profile, _wanted(asked)
    await note_change(books, sub, asked.key, old, asked.now)
    if old is not None:
        await stop_asking(books, old.made_by, asked.now)
    await keep_profile(books, sub, new)
    if new.helper_state == "asked":
        msisdn = asked.record.person.msisdn
        await ask_helper(books, sub, msisdn, new.wishes.helper, asked.key, asked.now)
    return _facts(asked)


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    profile = asked.read_as(_Found).profile
    mine = profile is not None and profile.made_by == asked.original.key
    return (not_lost(asked), Check("not_changed_since", mine))


async def _undo(books: Books, asked: Asked) -> Values:
    """The profile as it was; a helper who was only asked then is not asked again."""
    assert asked.original is not None
    key = asked.original.key
    await stop_asking(books, key, asked.now)
    was = await before_change(books, key)
    if was is not None and was.helper_state == "asked":
        was = Profile(was.wishes, was.watch_fen, "lapsed", was.made_by, was.alerted_at)
    await keep_profile(books, asked.record.sub, was)
    return {}


BUSINESS = Business(
    id="set_elder_care_profile",
    checks=_checks,
    apply=_apply,
    read=_read,
    facts=_facts,
    undo=Undo(_may_undo, _undo),
    due=watch,
)
