"""话费余额查询: what the account holds, owes and has in dispute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from vcounter.adapters.bss.embedded.accounts import Account, account_of
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> object:
    return await account_of(books.store, record.sub)


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (Check("account_exists", asked.found is not None),)


async def _apply(_: Books, asked: Asked) -> Values:
    account = asked.read_as(Account)
    return {
        "balance_fen": str(account.balance_fen),
        "arrears_fen": str(account.arrears_fen),
        "held_fen": str(account.held_fen),
    }


BUSINESS = Business(id="query_balance", checks=_checks, apply=_apply, read=_read, changes=False)
