"""投诉建议受理: a case with an owner, a call back within two days, and a question afterwards.

The answer is due in 15 days (rules of the ministry on users' complaints, 电信用户申诉处理办法).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from vcounter.adapters.bss.embedded.business.base import Asked, Books, Business, Undo, Values
from vcounter.adapters.bss.embedded.cases import NewCase, case_of, close_case, open_case, open_cases
from vcounter.adapters.bss.embedded.notices import Notice, add_notice, cancel_notice
from vcounter.adapters.bss.embedded.record import Record
from vcounter.domain.ids import Msisdn
from vcounter.services.ports import Check

CALL_BACK_WITHIN = timedelta(hours=48)
ANSWER_WITHIN = timedelta(days=15)
SURVEY_AFTER = timedelta(days=1)  # after the answer is due
OWNERS = {
    "billing": "billing_disputes",
    "network": "network_quality",
    "service": "service_quality",
    "staff": "service_quality",
    "nuisance": "anti_fraud",
    "suggestion": "customer_voice",
    "other": "service_quality",
}
_TITLES = {
    "billing": "投诉: 话费",
    "network": "投诉: 信号和网络",
    "service": "投诉: 服务",
    "staff": "投诉: 人员态度",
    "nuisance": "投诉: 骚扰和诈骗",
    "suggestion": "建议",
    "other": "投诉: 其他",
}
_SURVEY = (
    "【远程营业厅】您好, 您反映的{no}号问题处理得怎么样? 满意请回1, 一般请回2, 不满意请回3。"
    " How was your case {no} handled? Reply 1 for good, 2 for fair, 3 for poor."
)


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> frozenset[str]:
    """The commands of the number's own complaints that stand open."""
    return await open_cases(books, record.sub, "complaint")


async def _apply(books: Books, asked: Asked) -> Values:
    category = asked.inputs["category"]
    due = asked.now + ANSWER_WITHIN
    survey = due + SURVEY_AFTER
    new = NewCase(
        kind="complaint",
        owner=OWNERS[category],
        title=_TITLES[category],
        call_back_due=asked.now + CALL_BACK_WITHIN,
        due_at=due,
        survey_due=survey,
        detail=asked.inputs["words"],
    )
    no = await open_case(books, asked, new)
    to = Msisdn(asked.record.person.msisdn)
    text = _SURVEY.format(no=no)
    await add_notice(
        books.store,
        books.vault,
        Notice(f"survey-{no}", asked.record.sub, "case_survey", survey, to, text),
    )
    return {"case_no": no, "undo_until": due.isoformat()}


def _facts(asked: Asked) -> Values:
    return {
        "owner": OWNERS.get(asked.inputs.get("category", ""), ""),
        "call_back_due": (asked.now + CALL_BACK_WITHIN).isoformat(),
        "answer_due": (asked.now + ANSWER_WITHIN).isoformat(),
    }


def _may_withdraw(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    return (Check("case_open", asked.original.key in asked.read_as(frozenset)),)


async def _withdraw(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    case = await case_of(books, asked.original.key)
    assert case is not None
    await close_case(books, case["no"], "withdrawn", asked.now)
    await cancel_notice(books.store, f"survey-{case['no']}", asked.now)
    return {"case_no": case["no"]}


BUSINESS = Business(
    id="lodge_complaint",
    checks=lambda _: (),
    apply=_apply,
    read=_read,
    facts=_facts,
    changes=False,
    undo=Undo(_may_withdraw, _withdraw),
)
