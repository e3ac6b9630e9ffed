"""过户预约: both holders agree on a day at a hall; the number changes hands there, never here."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from vcounter.actions.base import Action, Facts, Lang, Plain, Receipt, Shown, Text, Words
from vcounter.actions.halls import HALLS, HALVES, Half, HallCode, options
from vcounter.actions.second_party import TwoHolders
from vcounter.actions.words import NO_CHARGE, cost_line, day, line, number_line, time_line
from vcounter.domain.identity import Level
from vcounter.domain.msisdn import mask_msisdn


class BookTransferInputs(TwoHolders):
    hall: HallCode = Field(
        default="wuyi",
        json_schema_extra={"x-zh": "营业厅", "x-en": "Hall", "x-options": options(HALLS)},
    )
    day: date = Field(
        json_schema_extra={"x-zh": "哪天 (明天起30天内)", "x-en": "Day (within 30 days)"},
    )
    half: Half = Field(
        default="am",
        json_schema_extra={
            "x-zh": "上午还是下午",
            "x-en": "Half day",
            "x-options": options(HALVES),
        },
    )


_BOOKED = Text("两位都确认后马上约好。", "It is booked when both of you have confirmed.")
_UNDO = Text(
    "到约好的时间以前, 随时可以取消。", "You can cancel it any time before the appointment."
)
CHECKLIST = (
    Text("两位都要到场", "Both of you come in person"),
    Text("各带自己的身份证原件", "Each brings the original identity card"),
    Text("带上这个号码的电话卡", "Bring the number's card"),
    Text("先把话费结清", "Settle the bill before"),
    Text("办好以后, 旧套餐可能要重选", "The plan may have to be chosen anew"),
)


def _when(facts: Facts, lang: Lang) -> str:
    half = HALVES[facts.inputs.get("half", "am")].say(lang)
    on = day(facts.effective_from, facts.zone, lang)
    return f"{on}, {half}" if lang == "en" else f"{on}{half}"


def _hall(facts: Facts) -> Text:
    return HALLS[facts.inputs.get("hall", "wuyi")]


def _other(facts: Facts) -> str:
    return mask_msisdn(facts.inputs.get("second_msisdn", ""))


def plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"约{_when(facts, 'zh-CN')}在{_hall(facts).zh}, "
        f"把尾号{facts.tail}过户给{_other(facts)}的机主。",
        f"Book the {_hall(facts).en} on {_when(facts, 'en')} to transfer the number ending in "
        f"{facts.tail} to the holder of {_other(facts)}.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _BOOKED.say(lang), _UNDO.say(lang))


def second_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"约{_when(facts, 'zh-CN')}在{_hall(facts).zh}, 把尾号{facts.tail}的号码过户到您名下。",
        f"Book the {_hall(facts).en} on {_when(facts, 'en')}: the number ending in {facts.tail} "
        "becomes yours there, and from then on you pay for it.",
    )
    return Plain(what.say(lang), NO_CHARGE.say(lang), _BOOKED.say(lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("过户约好了", "The transfer is booked").say(lang),
        (
            number_line(facts, lang),
            line("新机主", "New holder", _other(facts), lang),
            line("时间", "When", _when(facts, lang), lang),
            line("地点", "Where", _hall(facts).say(lang), lang),
            line("请带好", "Please note", "; ".join(t.say(lang) for t in CHECKLIST), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码约了{_when(facts, 'zh-CN')}在{_hall(facts).zh}过户。"
        "请两位带身份证原件到场。如果不是本人办理, 请马上联系我们。",
        f"A transfer of the number ending in {facts.tail} is booked at the {_hall(facts).en} on "
        f"{_when(facts, 'en')}. Both of you come with identity cards. If this was not asked for, "
        "please call us at once.",
    ).say(lang)


def shows(facts: Facts, lang: Lang) -> Shown:
    return Shown(
        Text("过户要带的东西", "For the transfer").say(lang),
        (
            f"{_when(facts, lang)} {_hall(facts).say(lang)}",
            *(text.say(lang) for text in CHECKLIST),
        ),
    )


def how_to(_: Facts, lang: Lang) -> tuple[str, ...]:
    return tuple(text.say(lang) for text in CHECKLIST)


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    what = Text(
        f"取消尾号{facts.tail}的过户预约, 号码还是现在机主的。",
        f"Cancel the booked transfer of the number ending in {facts.tail}; the holder stays.",
    )
    return Plain(
        what.say(lang),
        NO_CHARGE.say(lang),
        Text("您确认后马上取消。", "At once, when you confirm.").say(lang),
        Text("需要时可以重新约。", "You can book it again when you need it.").say(lang),
    )


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("过户预约取消了", "The transfer is cancelled").say(lang),
        (
            number_line(facts, lang),
            line("现在", "Now", Text("机主不变", "the holder stays").say(lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的过户预约已取消, 机主不变。",
        f"The booked transfer of your number ending in {facts.tail} is cancelled.",
    ).say(lang)


ACTION = Action(
    id="book_ownership_transfer",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="book_ownership_transfer",
    inputs=BookTransferInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    second_party=True,
    second_plain=second_plain,
    undone=Words(undone_plain, undone_receipt, undone_sms),
    shows=shows,
    how_to=how_to,
)
