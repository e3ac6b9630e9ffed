"""充值缴费: a payment for one's own number or another's, made on the operator's own page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.accounts import account_of, pay_in
from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Values
from vcounter.adapters.bss.embedded.notices import Notice, add_notice
from vcounter.adapters.bss.embedded.record import ACTIVE, Record, load, load_sub
from vcounter.domain.ids import Msisdn
from vcounter.domain.msisdn import mask_msisdn
from vcounter.services.ports import Check

CAP_YUAN = 500


@dataclass(frozen=True, slots=True)
class _Payee:
    """Whom the money is for; None for a number that cannot be paid for."""

    record: Record | None


async def _read(books: Books, record: Record, inputs: Mapping[str, str], _: datetime) -> object:
    """Test numbers pay for test numbers only, and real ones for real ones; nobody for a number
    that is closed or being closed."""
    payee = await load(books.store, books.vault, inputs.get("payee") or record.person.msisdn)
    if payee is None or payee.is_closed or payee.is_closing or payee.test is not record.test:
        return _Payee(None)
    account = await account_of(books.store, payee.sub)
    return _Payee(payee if account is not None else None)


def _fen(asked: Asked) -> int:
    return int(asked.inputs.get("amount", "0")) * 100


def _checks(asked: Asked) -> tuple[Check, ...]:
    return (
        Check("payee_known", asked.read_as(_Payee).record is not None),
        Check("amount_within_cap", 0 < _fen(asked) <= CAP_YUAN * 100),
    )


def _facts(asked: Asked) -> Values:
    payee = asked.inputs.get("payee") or asked.record.person.msisdn
    return {"amount_fen": str(_fen(asked)), "payee_masked": mask_msisdn(payee)}


async def _apply(_: Books, asked: Asked) -> Values:
    return _facts(asked)


async def _finish(books: Books, asked: Asked) -> Values:
    """The payer learns nothing of the payee's account; the payee is told by SMS."""
    payee = asked.read_as(_Payee).record
    assert payee is not None
    fen, now = _fen(asked), asked.now
    lifted = await pay_in(books.store, payee.sub, fen, asked.key, now)
    await books.store.run(
        "INSERT INTO payments (made_by, payer, payee, amount_fen, at) VALUES (?, ?, ?, ?, ?)",
        (asked.key, asked.record.sub, payee.sub, fen, now.isoformat()),
    )
    after = await load_sub(books.store, books.vault, payee.sub)
    assert after is not None
    if after.state(now) == ACTIVE and (lifted or payee.sub != asked.record.sub):
        await add_notice(books.store, books.vault, _notice(asked, payee, fen, lifted=lifted))
    return {**_facts(asked), "paid_at": now.isoformat()}


def _notice(asked: Asked, payee: Record, fen: int, *, lifted: bool) -> Notice:
    number = payee.person.msisdn
    text = f"【远程营业厅】尾号{number[-4:]}的号码收到充值{fen // 100}元。"
    if lifted:
        text += "欠费已交清, 号码恢复使用。"
    return Notice(
        id=f"paid-{asked.key}",
        sub=payee.sub,
        template="payment.received",
        due_at=asked.now,
        to=Msisdn(number),
        text=text,
    )


BUSINESS = Business(
    id="top_up_payment",
    checks=_checks,
    apply=_apply,
    read=_read,
    price_fen=_fen,
    facts=_facts,
    changes=False,
    on_page=True,
    finish=_finish,
)
