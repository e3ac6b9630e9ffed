"""移动服务密码重置: a new hash; the old password is void."""

from __future__ import annotations

from datetime import timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values, not_lost
from vcounter.services.ports import Check

RESET_EVERY = timedelta(hours=24)


def _checks(asked: Asked) -> tuple[Check, ...]:
    since = asked.record.password_set_at
    return (
        not_lost(asked),
        Check("no_reset_in_24h", since is None or asked.now - since >= RESET_EVERY),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    """The counter of wrong guesses starts afresh."""
    await books.store.run(
        "UPDATE subscribers SET password_hash = ?, password_set_at = ?, password_tries = 0,"
        " password_tries_since = NULL WHERE sub = ?",
        (asked.password_hash, asked.now.isoformat(), asked.record.sub),
    )
    return {}


BUSINESS = Business(id="reset_service_password", checks=_checks, apply=_apply, wants_secret=True)
