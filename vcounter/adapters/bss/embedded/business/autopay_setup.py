"""银行代扣签约/解约: agreed or ended on the bank's page; taken back by its opposite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded import direct_debits
from vcounter.adapters.bss.embedded.accounts import account_of
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Undo, Values
from vcounter.adapters.bss.embedded.direct_debits import BANKS, DirectDebit
from vcounter.adapters.bss.embedded.record import Record
from vcounter.services.ports import Check

SET_UP, CANCEL = "set_up", "cancel"


@dataclass(frozen=True, slots=True)
class _Payer:
    """Whether the holder pays their own bills, and the agreement that stands."""

    is_holder: bool
    debit: DirectDebit | None


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> object:
    account = await account_of(books.store, record.sub)
    debit = await direct_debits.debit_of(books.store, books.vault, record.sub)
    return _Payer(account is not None and not account.paid_by_other, debit)


def _sets_up(inputs: Mapping[str, str]) -> bool:
    return inputs.get("change", SET_UP) == SET_UP


def _checks(asked: Asked) -> tuple[Check, ...]:
    payer = asked.read_as(_Payer)
    held = payer.debit is not None
    return (
        Check("payer_is_holder", payer.is_holder),
        Check("no_arrears_hold", "debt" not in asked.record.stops),
        Check("no_autopay_yet", not held) if _sets_up(asked.inputs) else Check("has_autopay", held),
    )


async def _apply(_: Books, asked: Asked) -> Values:
    debit = asked.read_as(_Payer).debit
    number = asked.record.person.msisdn
    values = {"change": asked.inputs.get("change", SET_UP), "number_tail": number[-4:]}
    return values | (_named(debit) if debit is not None else {})


def _named(debit: DirectDebit) -> Values:
    zh, en = BANKS[debit.bank]
    return {"bank_zh": zh, "bank_en": en, "card_tail": debit.card_tail}


def _accepts(inputs: Mapping[str, str], filled: Mapping[str, str]) -> bool:
    """The bank's agreement is wanted for setting up alone."""
    return not _sets_up(inputs) or (filled.get("bank") in BANKS and filled.get("agreed") == "yes")


async def _finish(books: Books, asked: Asked) -> Values:
    sub, now = asked.record.sub, asked.now
    if not _sets_up(asked.inputs):
        await direct_debits.end(books.store, sub, asked.key, now)
        return {}
    bank = asked.inputs["page.bank"]
    debit = await direct_debits.agree(books.store, books.vault, sub, bank, asked.key, now)
    return _named(debit)


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    """What was set up still stands; what was ended was not replaced meanwhile."""
    debit, original = asked.read_as(_Payer).debit, asked.original
    if original is None:
        return (Check("autopay_unchanged", False),)
    if _sets_up(original.values):
        stands = debit is not None and debit.made_by == original.key
        return (Check("autopay_unchanged", stands),)
    return (Check("autopay_unchanged", debit is None),)


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    if _sets_up(asked.original.values):
        await direct_debits.end(books.store, asked.record.sub, asked.key, asked.now)
    else:
        await direct_debits.renew(books.store, asked.record.sub, asked.original.key)
    return {k: v for k, v in asked.original.values.items() if k != "state_after"}


BUSINESS = Business(
    id="autopay_setup",
    checks=_checks,
    apply=_apply,
    read=_read,
    on_page=True,
    accepts=_accepts,
    finish=_finish,
    undo=Undo(_may_undo, _undo),
)
