"""名下号码核查与异议: every number under one's document, on the customer's screen alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import NO_CHARGE, cost_line, line, number_line, time_line
from vcounter.domain.identity import Level


def _words(text: str, info: ValidationInfo) -> str:
    """An objection says which number and why."""
    if info.data.get("objection") == "yes" and not text:
        raise PydanticCustomError("missing", "an objection needs words")
    return text


class QueryMyNumbersInputs(ActionInputs):
    objection: Literal["no", "yes"] = Field(
        default="no",
        json_schema_extra={
            "x-zh": "客户对名下号码有异议吗",
            "x-en": "Does the customer object to a number",
            "x-options": {
                "no": {"zh": "没有, 只查询", "en": "No, only look up"},
                "yes": {"zh": "有, 立案核查", "en": "Yes, open a case"},
            },
        },
    )
    words: Annotated[str, AfterValidator(_words)] = Field(
        default="",
        max_length=200,
        validate_default=True,
        json_schema_extra={
            "x-zh": "异议内容 (哪个号码不是本人办的, 写尾号)",
            "x-en": "The objection (which number is not theirs, by its tail)",
        },
    )


_SHOWN = Text("您确认后马上显示。", "At once, when you confirm.")
_NO_UNDO = Text(
    "看过就收不回了。请别给旁人看。", "It cannot be unseen. Please show it to nobody else."
)


def _objects(facts: Facts) -> bool:
    return facts.inputs.get("objection") == "yes"


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"凭尾号{facts.tail}登记的证件, 把您名下所有号码显示在您的屏幕上。只有您看得到。",
        f"Show all numbers under the document of your number ending in {facts.tail} on your "
        "screen. Only you see them.",
    )
    if _objects(facts):
        what = Text(
            f"凭尾号{facts.tail}登记的证件显示您名下所有号码, 并为您的异议立案, 15天内答复您。",
            f"Show all numbers under the document of your number ending in {facts.tail}, and open "
            "a case for your objection; you get an answer within 15 days.",
        )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _SHOWN.say(lang), _NO_UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    lines = [number_line(facts, lang)]
    case = facts.operator.get("case_no")
    if case:
        lines.append(line("异议单号", "Case number", case, lang))
        lines.append(line("答复", "Answer", Text("15天内答复您", "within 15 days").say(lang), lang))
    lines += [cost_line(NO_CHARGE.say(lang), lang), time_line(facts, lang)]
    return Receipt(
        Text("名下号码查好了", "Your numbers were shown").say(lang),
        tuple(lines),
    )


def sms(facts: Facts, lang: Lang) -> str:
    case = facts.operator.get("case_no", "")
    zh = f"异议已立案, 单号{case}, 15天内答复您。" if case else ""
    en = f"Your objection has case number {case}; you get an answer in 15 days. " if case else ""
    return Text(
        f"您好, 刚刚凭尾号{facts.tail}的证件查询了名下号码。{zh}如果不是本人办理, 请马上联系我们。",
        f"The numbers under the document of the number ending in {facts.tail} were looked up just "
        f"now. {en}If this was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="query_my_numbers",
    level=Level.L2,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id=None,
    inputs=QueryMyNumbersInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    discloses="my_numbers",
)
