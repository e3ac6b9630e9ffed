"""银行代扣签约/解约: the bank pays the bills, or stops to, agreed on the bank's own page."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vcounter.actions.base import (
    Action,
    ActionInputs,
    Facts,
    Lang,
    Line,
    Plain,
    Receipt,
    Text,
    Words,
)
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level


class AutopayInputs(ActionInputs):
    change: Literal["set_up", "cancel"] = Field(
        default="set_up",
        json_schema_extra={
            "x-zh": "签约还是解约",
            "x-en": "Set up or cancel",
            "x-options": {
                "set_up": {"zh": "签约", "en": "Set up"},
                "cancel": {"zh": "解约", "en": "Cancel"},
            },
        },
    )


_FROM = Text(
    "您在银行页面上同意以后, 下个月的账单起。",
    "With next month's bill, once you agreed at the bank.",
)
_ENDS = Text("您在银行页面上确认后马上取消。", "At once, when you confirm it at the bank.")
_UNDO = Text(
    "想改回来, 带上身份证再和营业员视频办一次。",
    "To change it back, call us by video with your identity card.",
)


def _sets_up(facts: Facts) -> bool:
    return facts.inputs.get("change", facts.operator.get("change", "set_up")) == "set_up"


def plain(facts: Facts, lang: Lang) -> Plain:
    if _sets_up(facts):
        what = Text(
            f"让银行每月自动交尾号{facts.tail}的话费。请在银行页面选银行, 您同意才算数。",
            f"Let your bank pay the bills of your number ending in {facts.tail} each month. "
            "Choose it on the bank's page; it counts only when you agree there.",
        )
    else:
        what = Text(
            f"取消银行代扣: 尾号{facts.tail}的话费以后您自己交。请在银行页面上确认。",
            f"End direct debit: you pay the bills of your number ending in {facts.tail} yourself. "
            "Please confirm on the bank's page.",
        )
    begins = _FROM if _sets_up(facts) else _ENDS
    return Plain(what.say(lang), NO_CHARGE.say(lang), begins.say(lang), _UNDO.say(lang))


def _bank(facts: Facts, lang: Lang) -> Line:
    name = facts.operator.get("bank_en" if lang == "en" else "bank_zh", "-")
    return line("银行", "Bank", f"{name} {facts.operator.get('card_tail', '')}".strip(), lang)


def receipt(facts: Facts, lang: Lang) -> Receipt:
    title = (
        Text("银行代扣签好了", "Direct debit is set up")
        if _sets_up(facts)
        else Text("银行代扣取消了", "Direct debit is ended")
    )
    return Receipt(
        title.say(lang),
        (
            number_line(facts, lang),
            _bank(facts, lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    done = (
        Text("已签约银行代扣", "is now paid by direct debit")
        if _sets_up(facts)
        else Text("已取消银行代扣", "is no longer paid by direct debit")
    )
    return Text(
        f"您好, 尾号{facts.tail}的号码{done.zh}。如果不是本人办理, 请马上联系我们。",
        f"The number ending in {facts.tail} {done.en}. If this was not you, please call us at "
        "once.",
    ).say(lang)


def _undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = (
        Text(
            f"撤回尾号{facts.tail}的银行代扣签约: 话费还是您自己交。",
            f"Take back the direct debit of your number ending in {facts.tail}: you pay the bills "
            "yourself.",
        )
        if _sets_up(facts)
        else Text(
            f"恢复尾号{facts.tail}原来的银行代扣: 话费还由银行交。",
            f"Bring back the direct debit of your number ending in {facts.tail}: the bank pays the "
            "bills again.",
        )
    )
    at_once = Text("您确认后马上生效。", "At once, when you confirm.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), at_once.say(lang), _UNDO.say(lang))


def _undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    title = (
        Text("银行代扣签约撤回了", "The direct debit is taken back")
        if _sets_up(facts)
        else Text("银行代扣恢复了", "The direct debit is back")
    )
    return Receipt(title.say(lang), receipt(facts, lang).lines)


def _undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码的银行代扣改回原来的样子了。",
        f"The direct debit of the number ending in {facts.tail} is as it was before.",
    ).say(lang)


ACTION = Action(
    id="autopay_setup",
    level=Level.L3,
    needs_independent_reference=True,
    requires_recording=True,
    second_person=True,
    undo_id="autopay_setup",
    inputs=AutopayInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(_undone_plain, _undone_receipt, _undone_sms),
    pays_on_page=True,
)
