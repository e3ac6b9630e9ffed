"""账单查询与讲解: a bill in large print, and each of its lines explained in plain words."""

from __future__ import annotations

import json
import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Shown, Text
from vcounter.actions.bill_words import MEANINGS, NAMES
from vcounter.actions.months import billing_month, say_month
from vcounter.actions.words import (
    NO_CHANGE,
    NO_CHARGE,
    SHOWN_AT_ONCE,
    cost_line,
    line,
    money,
    number_line,
    time_line,
)
from vcounter.domain.identity import Level

MAX_MONTHS = 3


def _months(text: str) -> str:
    found = list(
        dict.fromkeys(billing_month(part) for part in re.split(r"[,，、;；\s]+", text) if part)
    )
    if len(found) > MAX_MONTHS:
        raise PydanticCustomError("less_than_equal", "at most three")
    return ",".join(found)


class QueryBillInputs(ActionInputs):
    months: Annotated[str, AfterValidator(_months)] = Field(
        default="",
        max_length=60,
        json_schema_extra={
            "x-zh": "哪个月 (如 2026-10, 最多三个, 不填就是最近一期)",
            "x-en": "Which month (such as 2026-10, up to three; empty: the latest)",
        },
    )


def _of(facts: Facts, lang: Lang) -> str:
    asked = facts.operator.get("months") or facts.inputs.get("months", "")
    said = [say_month(one, lang) for one in asked.split(",") if one]
    return (", " if lang == "en" else "、").join(said)


def plain(facts: Facts, lang: Lang) -> Plain:
    of = _of(facts, lang)
    what = Text(
        f"把尾号{facts.tail}{of}的账单用大字显示出来, 一项一项讲给您听。",
        f"Show the bill of your number ending in {facts.tail} for {of} in large print and explain "
        "it line by line.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), SHOWN_AT_ONCE.say(lang), NO_CHANGE.say(lang))


def _bills(facts: Facts) -> list[tuple[str, list[tuple[int, str, int]]]]:
    """(month, [(number, kind, fen)]) of each bill that was found."""
    return [
        (str(bill["month"]), [(int(no), str(kind), int(fen)) for no, kind, fen in bill["lines"]])
        for bill in json.loads(facts.operator.get("bills", "[]"))
    ]


def _explain(no: int, kind: str, fen: int, lang: Lang) -> str:
    amount = money(abs(fen), lang)
    name, meaning = NAMES[kind].say(lang), MEANINGS[kind].say(lang)
    if lang == "en":
        return f"Item {no}, {name}, {'minus ' if fen < 0 else ''}{amount}: {meaning}"
    return f"第{no}项, {name}, {'减' if fen < 0 else ''}{amount}: {meaning}"


def shows(facts: Facts, lang: Lang) -> Shown:
    lines: list[str] = []
    for when, items in _bills(facts):
        total = money(sum(fen for _, _, fen in items), lang)
        said = say_month(when, lang)
        lines.append(Text(f"{said}一共{total}。", f"{said}: {total} in all.").say(lang))
        lines += [_explain(no, kind, fen, lang) for no, kind, fen in items]
    title = Text(f"尾号{facts.tail}的账单", f"Bill of the number ending in {facts.tail}")
    return Shown(title.say(lang), tuple(lines))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    totals = [
        line(
            say_month(when, "zh-CN"),
            say_month(when, "en"),
            money(sum(fen for _, _, fen in items), lang),
            lang,
        )
        for when, items in _bills(facts)
    ]
    return Receipt(
        Text("账单查好了", "Your bill").say(lang),
        (
            number_line(facts, lang),
            *totals,
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码刚刚查询了账单。如果不是本人办理, 请马上联系我们。",
        f"The bill of the number ending in {facts.tail} was looked up just now. If this was not "
        "asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="query_bill",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=False,
    undo_id=None,
    inputs=QueryBillInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    shows=shows,
)
