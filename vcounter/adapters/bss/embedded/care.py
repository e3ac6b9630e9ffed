"""Elder care: how a number wants to be served, a helper who agreed, a balance that is watched.

The helper is asked by SMS with a link of their own and is told of nothing before they agree.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.accounts import account_of
from vcounter.adapters.bss.embedded.business.base import Books, bump
from vcounter.adapters.bss.embedded.notices import Notice, add_notice, cancel_notice
from vcounter.adapters.bss.embedded.record import load_sub
from vcounter.adapters.bss.embedded.store import Row
from vcounter.domain.ids import Msisdn
from vcounter.domain.msisdn import mask_msisdn

ANSWER_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the customer asked for. `elder`: straight to the elder-care desk, whatever the age."""

    elder: bool = False
    dialect: str = "mandarin"
    large_print: bool = False
    helper: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    wishes: Wishes = Wishes()
    watch_fen: int | None = None
    helper_state: str = "none"
    made_by: str = ""
    alerted_at: str | None = None


async def profile_of(books: Books, sub: str) -> Profile | None:
    row = await books.store.one("SELECT * FROM care_profiles WHERE sub = ?", (sub,))
    return _profile(books, row) if row is not None else None


def _profile(books: Books, row: Row) -> Profile:
    wishes = json.loads(books.vault.text(row["wishes"], f"care_profiles.wishes/{row['sub']}"))
    return Profile(
        Wishes(**wishes), row["watch_fen"], row["helper_state"], row["made_by"], row["alerted_at"]
    )


async def keep_profile(books: Books, sub: str, profile: Profile | None) -> None:
    """Put it in the place of what was there; None takes it away."""
    await books.store.run("DELETE FROM care_profiles WHERE sub = ?", (sub,))
    if profile is None:
        return
    wishes = json.dumps(asdict(profile.wishes), ensure_ascii=False)
    await books.store.run(
        "INSERT INTO care_profiles (sub, wishes, watch_fen, helper_state, made_by, alerted_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            sub,
            books.vault.seal(wishes, f"care_profiles.wishes/{sub}"),
            profile.watch_fen,
            profile.helper_state,
            profile.made_by,
            profile.alerted_at,
        ),
    )


async def note_change(
    books: Books, sub: str, key: str, before: Profile | None, now: datetime
) -> None:
    """Remember what a command replaced, so that it can be put back."""
    was = json.dumps(asdict(before), ensure_ascii=False) if before is not None else None
    sealed = books.vault.seal(was, f"care_changes.was/{key}") if was is not None else None
    await books.store.run(
        "INSERT INTO care_changes (made_by, sub, was, at) VALUES (?, ?, ?, ?)",
        (key, sub, sealed, now.isoformat()),
    )


async def before_change(books: Books, key: str) -> Profile | None:
    """The profile that a command replaced; None if there was none."""
    row = await books.store.one("SELECT was FROM care_changes WHERE made_by = ?", (key,))
    assert row is not None
    if row["was"] is None:
        return None
    was = json.loads(books.vault.text(row["was"], f"care_changes.was/{key}"))
    return Profile(**{**was, "wishes": Wishes(**was["wishes"])})


async def ask_helper(
    books: Books, sub: str, msisdn: str, helper: str, key: str, now: datetime
) -> None:
    """Send the helper a link of their own; its token is unguessable and kept as a keyed hash."""
    token = secrets.token_urlsafe(18)
    await books.store.run(
        "INSERT INTO care_questions (token, made_by, sub, asked_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (books.vault.name(token), key, sub, now.isoformat(), (now + ANSWER_WITHIN).isoformat()),
    )
    who, link = mask_msisdn(msisdn), f"{books.counter_url}/agree/{token}"
    text = (
        f"【远程营业厅】{who}的机主想请您做帮手, 话费不足时短信告诉您。同意请7天内点: {link} "
        f"The holder of {who} asks you to be told when their balance is low. To agree: {link}"
    )
    notice = Notice(f"care-ask-{key}", sub, "care_consent", now, Msisdn(helper), text)
    await add_notice(books.store, books.vault, notice)


async def stop_asking(books: Books, key: str, now: datetime) -> None:
    """The link has no effect any more, and an unsent message is not sent."""
    await books.store.run(
        "UPDATE care_questions SET answered_at = ? WHERE made_by = ? AND answered_at IS NULL",
        (now.isoformat(), key),
    )
    await cancel_notice(books.store, f"care-ask-{key}", now)


async def question_behind(books: Books, token: str, now: datetime) -> Row | None:
    """The question of a helper's link, while it stands: for the newest profile, unanswered, in
    time."""
    return await books.store.one(
        "SELECT care_questions.* FROM care_questions JOIN care_profiles USING (sub, made_by)"
        " WHERE token = ? AND answered_at IS NULL AND expires_at > ?"
        " AND helper_state = 'asked'",
        (books.vault.name(token), now.isoformat()),
    )


async def take_answer(books: Books, token: str, agreed: bool, now: datetime) -> bool:
    """The helper's own word, once. False when nothing is asked behind the link any more."""
    row = await question_behind(books, token, now)
    if row is None:
        return False
    await books.store.run(
        "UPDATE care_questions SET answered_at = ? WHERE token = ?", (now.isoformat(), row["token"])
    )
    await books.store.run(
        "UPDATE care_profiles SET helper_state = ? WHERE sub = ?",
        ("agreed" if agreed else "refused", row["sub"]),
    )
    await bump(books.store, row["sub"])
    return True


async def watch(books: Books, now: datetime, _: ZoneInfo) -> int:
    """What time brings: questions lapse, and a balance that fell under its mark is told once, to
    the customer and a helper who agreed; again only after it was up in between. Safe to repeat."""
    return await _lapse(books, now) + await _tell_low(books, now)


async def _lapse(books: Books, now: datetime) -> int:
    rows = await books.store.all(
        "SELECT made_by, sub FROM care_questions WHERE answered_at IS NULL AND expires_at <= ?",
        (now.isoformat(),),
    )
    for row in rows:
        await stop_asking(books, row["made_by"], now)
        await books.store.run(
            "UPDATE care_profiles SET helper_state = 'lapsed'"
            " WHERE sub = ? AND made_by = ? AND helper_state = 'asked'",
            (row["sub"], row["made_by"]),
        )
        await bump(books.store, row["sub"])
    return len(rows)


async def _tell_low(books: Books, now: datetime) -> int:
    told = 0
    rows = await books.store.all("SELECT * FROM care_profiles WHERE watch_fen IS NOT NULL")
    for row in rows:
        sub, profile = row["sub"], _profile(books, row)
        account = await account_of(books.store, sub)
        low = account is not None and account.balance_fen < row["watch_fen"]
        if low is (profile.alerted_at is not None):
            continue
        alerted = now.isoformat() if low else None
        await keep_profile(books, sub, replace(profile, alerted_at=alerted))
        if account is not None and low:
            await _tell(books, sub, profile, account.balance_fen, now)
            told += 1
    return told


async def _tell(books: Books, sub: str, profile: Profile, fen: int, now: datetime) -> None:
    record = await load_sub(books.store, books.vault, sub)
    assert record is not None
    own = record.person.msisdn
    to = [own, *([profile.wishes.helper] if profile.helper_state == "agreed" else [])]
    yuan, link = f"{fen / 100:.2f}", f"{books.counter_url}/"
    for number in to:
        whose = "您的话费" if number == own else f"{mask_msisdn(own)}的话费"
        mine = "Your balance" if number == own else f"The balance of {mask_msisdn(own)}"
        text = (
            f"【远程营业厅】{whose}还剩{yuan}元, 快不够了。充值请点: {link} "
            f"{mine} is low: {yuan} yuan. To top up: {link}"
        )
        name = books.vault.name(f"{sub} {number} {now.isoformat()}")
        notice = Notice(f"care-low-{name}", sub, "balance_low", now, Msisdn(number), text)
        await add_notice(books.store, books.vault, notice)
