"""充值缴费: pay for one's own number or for somebody else's, on the operator's own page."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import line, money, time_line
from vcounter.domain.errors import InvalidInput
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn, parse_msisdn


def _msisdn(text: str) -> str:
    if not re.search(r"\S", text):
        return ""
    try:
        return parse_msisdn(text)
    except InvalidInput:
        raise PydanticCustomError("phone", "not a mobile number") from None


class TopUpInputs(ActionInputs):
    amount: int = Field(
        ge=1,
        le=10_000,
        json_schema_extra={"x-zh": "充多少 (元, 最多 500)", "x-en": "Amount (yuan, 500 at most)"},
    )
    payee: Annotated[str, AfterValidator(_msisdn)] = Field(
        default="",
        max_length=24,
        json_schema_extra={
            "x-zh": "给哪个号码充 (不填就是本机号码)",
            "x-en": "For which number (empty: the customer's own)",
            "x-widget": "phone",
        },
    )


_AT_ONCE = Text("付好马上到账。", "At once, when it is paid.")
_NO_UNDO = Text(
    "充进去就退不了。充错了请告诉营业员, 可以申请退费。",
    "A payment cannot be taken back. If it was a mistake, tell your agent and ask for a refund.",
)


def _payee(facts: Facts) -> str:
    return facts.inputs.get("payee") or facts.msisdn


def _named(facts: Facts, lang: Lang) -> str:
    """By its tail; whether it is one's own."""
    number = _payee(facts)
    own = Text("您自己的", "your own ") if number == facts.msisdn else Text("别人的", "another ")
    return Text(f"{own.zh}尾号{number[-4:]}的号码", f"{own.en}number ending in {number[-4:]}").say(
        lang
    )


def _amount(facts: Facts, lang: Lang) -> str:
    return money(int(facts.inputs.get("amount", "0")) * 100, lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    amount = _amount(facts, lang)
    what = Text(
        f"给{_named(facts, 'zh-CN')}充话费, 付款人是尾号{facts.tail}。请在付款页上付。",
        f"Top up {_named(facts, 'en')}, paid by the holder of the number ending in {facts.tail}. "
        "You pay on the payment page.",
    )
    return Plain(
        what.say(lang),
        Text(f"一共{amount}, 没有手续费。", f"{amount} in all, no fee.").say(lang),
        _AT_ONCE.say(lang),
        _NO_UNDO.say(lang),
    )


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("充值办好了", "The top-up is paid").say(lang),
        (
            line("充到号码", "For the number", mask_msisdn(_payee(facts)), lang),
            line("金额", "Amount", _amount(facts, lang), lang),
            line("付款人", "Paid by", mask_msisdn(facts.msisdn), lang),
            time_line(facts, lang),
        ),
        _NO_UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 您已给{_named(facts, 'zh-CN')}充值{_amount(facts, 'zh-CN')}。"
        "如果不是本人办理, 请马上联系我们。",
        f"You topped up {_named(facts, 'en')} with {_amount(facts, 'en')}. If this was not you, "
        "please call us at once.",
    ).say(lang)


ACTION = Action(
    id="top_up_payment",
    level=Level.L0,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id=None,
    inputs=TopUpInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    pays_on_page=True,
)
