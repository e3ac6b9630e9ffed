"""详单查询: call and data records, on the customer's screen and nowhere else."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text
from vcounter.actions.words import NO_CHARGE, cost_line, date_words, line, number_line, time_line
from vcounter.domain.identity import Level


class QueryUsageDetailInputs(ActionInputs):
    from_date: date | None = Field(
        default=None,
        json_schema_extra={
            "x-zh": "从哪天 (不填就是月初, 最多查半年)",
            "x-en": "From which day (empty: first of the month; six months at most)",
        },
    )
    until_date: date | None = Field(
        default=None,
        json_schema_extra={
            "x-zh": "到哪天 (不填就是今天)",
            "x-en": "Until which day (empty: today)",
        },
    )


_SHOWN = Text("您确认后马上显示。", "At once, when you confirm.")
_NO_UNDO = Text(
    "看过就收不回了。请别拍照发给别人。",
    "It cannot be unseen. Please do not send pictures of it to anybody.",
)
_CARE = Text(
    "看完请点最下面的按钮, 页面上就不留了。",
    "When you have read it, tap the button at the bottom; it then leaves the screen.",
)


def _days(facts: Facts, lang: Lang) -> str:
    """The range that the operator understood, else the day itself."""
    first, last = (facts.operator.get(f"{end}_day") for end in ("first", "last"))
    begin = date.fromisoformat(first) if first else facts.today
    end = date.fromisoformat(last) if last else facts.today
    return Text(
        f"{date_words(begin, lang)}到{date_words(end, lang)}",
        f"{date_words(begin, lang)} to {date_words(end, lang)}",
    ).say(lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    days = _days(facts, lang)
    what = Text(
        f"把尾号{facts.tail}从{days}的详单显示在您的屏幕上。只有您看得到。",
        f"Show the call and data records of your number ending in {facts.tail}, {days}, on your "
        "screen. Only you see them; the agent does not.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _SHOWN.say(lang), _NO_UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("详单查好了", "Your records were shown").say(lang),
        (
            number_line(facts, lang),
            line("请注意", "Please note", _CARE.say(lang), lang),
            line("哪几天", "Days", _days(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码刚刚查询了详单。如果不是本人办理, 请马上联系我们。",
        f"The call records of the number ending in {facts.tail} were looked up just now. If this "
        "was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="query_usage_detail",
    level=Level.L2,
    needs_independent_reference=True,
    requires_recording=True,
    undo_id=None,
    inputs=QueryUsageDetailInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    discloses="usage_detail",
)
