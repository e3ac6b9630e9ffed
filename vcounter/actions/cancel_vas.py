"""增值业务退订: end value-added services, now or at the end of the month."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from pydantic.config import JsonDict

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.words import cost_line, day, line, money, number_line, time_line
from vcounter.domain.identity import Level

SERVICES = {
    "ring_tone": Text("彩铃", "ring-back tone"),
    "news": Text("手机报", "mobile news"),
    "weather": Text("天气短信", "weather texts"),
    "video_pack": Text("视频流量包", "video data pack"),
    "missed_calls": Text("漏话提醒", "missed-call alerts"),
    "cloud_disk": Text("云盘", "cloud disk"),
}


def _tick(zh: str, en: str) -> JsonDict:
    return {"x-zh": zh, "x-en": en}


class CancelVasInputs(ActionInputs):
    """What is ticked is cancelled. The ids are those of the operator's catalogue."""

    ring_tone: bool = Field(default=False, json_schema_extra=_tick("彩铃", "Ring-back tone"))
    news: bool = Field(default=False, json_schema_extra=_tick("手机报", "Mobile news"))
    weather: bool = Field(default=False, json_schema_extra=_tick("天气短信", "Weather texts"))
    video_pack: bool = Field(
        default=False, json_schema_extra=_tick("视频流量包", "Video data pack")
    )
    missed_calls: bool = Field(
        default=False, json_schema_extra=_tick("漏话提醒", "Missed-call alerts")
    )
    cloud_disk: bool = Field(default=False, json_schema_extra=_tick("云盘", "Cloud disk"))


def _names(codes: str, lang: Lang) -> str:
    names = [SERVICES[code].say(lang) for code in codes.split(",") if code in SERVICES]
    return (", " if lang == "en" else "、").join(names)


def _all_names(facts: Facts, lang: Lang) -> str:
    ended = (facts.operator.get("ends_now", ""), facts.operator.get("ends_later", ""))
    return _names(",".join(ended), lang)


def _month_end(facts: Facts, lang: Lang) -> str:
    at = facts.operator.get("ends_at")
    return day(datetime.fromisoformat(at) if at else facts.effective_from, facts.zone, lang)


def _cost(facts: Facts, lang: Lang) -> str:
    saved = money(int(facts.operator.get("saves_fen", "0")), lang)
    return Text(
        f"退订不收费。以后每月少付{saved}。", f"Cancelling is free. You pay {saved} less a month."
    ).say(lang)


def _from(facts: Facts, lang: Lang) -> str:
    now = _names(facts.operator.get("ends_now", ""), lang)
    later = _names(facts.operator.get("ends_later", ""), lang)
    until = _month_end(facts, lang)
    parts = []
    if now:
        parts.append(Text(f"{now}马上停", f"At once: {now}.").say(lang))
    if later:
        parts.append(Text(f"{later}用到月底, {until}停", f"On {until}: {later}.").say(lang))
    return " ".join(parts) if lang == "en" else "; ".join(parts) + "。"


_UNDO = Text("想用的时候, 告诉我们再开通就行。", "If you want them back, tell us.")


def plain(facts: Facts, lang: Lang) -> Plain:
    names = _all_names(facts, lang)
    what = Text(
        f"退掉尾号{facts.tail}的{names}。",
        f"Cancel on your number ending in {facts.tail}: {names}.",
    )
    return Plain(what.say(lang), _cost(facts, lang), _from(facts, lang), _UNDO.say(lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("退订办好了", "The services are cancelled").say(lang),
        (
            number_line(facts, lang),
            line("退了什么", "Cancelled", _all_names(facts, lang), lang),
            line("什么时候停", "Ends", _from(facts, lang), lang),
            cost_line(_cost(facts, lang), lang),
            time_line(facts, lang),
        ),
        _UNDO.say(lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已退订{_all_names(facts, 'zh-CN')}。{_from(facts, 'zh-CN')}"
        "如果不是本人办理, 请马上联系我们。",
        f"Cancelled on your number ending in {facts.tail}: {_all_names(facts, 'en')}. "
        f"{_from(facts, 'en')} If this was not asked for, please call us at once.",
    ).say(lang)


_BACK = Text("不想用了, 还可以再退。", "You can cancel them again at any time.")


def _price_again(facts: Facts, lang: Lang) -> str:
    again = money(int(facts.operator.get("saves_fen", "0")), lang)
    return Text(f"每月{again}, 和原来一样。", f"{again} a month, as before.").say(lang)


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    names = _all_names(facts, lang)
    what = Text(
        f"把尾号{facts.tail}退掉的{names}重新开通。",
        f"Switch on again on your number ending in {facts.tail}: {names}.",
    )
    at_once = Text("您确认后马上开通。", "At once, when you confirm.")
    return Plain(what.say(lang), _price_again(facts, lang), at_once.say(lang), _BACK.say(lang))


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    return Receipt(
        Text("重新开通了", "The services are back").say(lang),
        (
            number_line(facts, lang),
            line("开通了什么", "Switched on", _all_names(facts, lang), lang),
            cost_line(_price_again(facts, lang), lang),
            time_line(facts, lang),
        ),
        _BACK.say(lang),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    return Text(
        f"您好, 尾号{facts.tail}的号码已重新开通{_all_names(facts, 'zh-CN')}。"
        "如果不是本人办理, 请马上联系我们。",
        f"Switched on again on your number ending in {facts.tail}: {_all_names(facts, 'en')}. "
        "If this was not asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="cancel_vas",
    level=Level.L1,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="cancel_vas",
    inputs=CancelVasInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
