"""What the actions about lines at home share: the line, the half day of a visit, what undoes it."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from vcounter.actions.base import Facts, Lang, Line, Text
from vcounter.actions.words import day, line, options

HALVES = {"morning": Text("上午", "morning"), "afternoon": Text("下午", "afternoon")}
DAY = Field(json_schema_extra={"x-zh": "上门日期", "x-en": "Day of the visit"})
Half = Annotated[
    Literal["morning", "afternoon"],
    Field(
        json_schema_extra={
            "x-zh": "上午还是下午",
            "x-en": "Half of the day",
            "x-options": options(HALVES),
        },
    ),
]


def _account(text: str) -> str:
    digits = re.sub(r"[\s-]", "", text)
    if digits and not (digits.isascii() and re.fullmatch(r"\d{8,16}", digits)):
        raise PydanticCustomError("account", "not an account")
    return digits


Account = Annotated[str, AfterValidator(_account)]
ACCOUNT = Field(
    default="",
    max_length=24,
    json_schema_extra={
        "x-zh": "账号 (不填就是名下第一条)",
        "x-en": "Account (empty: the first of the number)",
    },
)


def line_tail(facts: Facts) -> str:
    return facts.operator.get("line_tail", "")


def visit_at(facts: Facts, lang: Lang) -> str:
    """The half day of the visit: 2026年12月1日上午."""
    when = datetime.combine(date.fromisoformat(facts.inputs["day"]), time(), facts.zone)
    half = HALVES[facts.inputs.get("half", "morning")].say(lang)
    said = day(when, facts.zone, lang)
    return f"{said}, {half}" if lang == "en" else f"{said}{half}"


def case_lines(facts: Facts, lang: Lang) -> list[Line]:
    """The number of the case and of the fitter's order, once they are there."""
    names = (("case_no", "受理单号", "Case"), ("work_order", "派工单号", "Work order"))
    given = facts.operator
    return [line(zh, en, given[code], lang) for code, zh, en in names if given.get(code)]


UNTIL_VISIT = Text(
    "上门前一天都可以取消, 再和营业员视频说一声就行。",
    "You can cancel until the day before the visit; just call us by video.",
)
CANCELLED_NOW = Text("您确认后马上取消。", "At once, when you confirm.")
