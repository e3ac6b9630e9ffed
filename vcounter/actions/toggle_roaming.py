"""国际/港澳台漫游开通关闭: for some days in one zone, off by itself; or off at once."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from vcounter.actions.base import Action, ActionInputs, Facts, Lang, Plain, Receipt, Text, Words
from vcounter.actions.words import (
    NO_CHARGE,
    cost_line,
    date_words,
    line,
    money,
    number_line,
    time_line,
)
from vcounter.domain.identity import Level

ZONES = {
    "hk_mo_tw": Text("香港、澳门和台湾", "Hong Kong, Macao and Taiwan"),
    "asia": Text("亚洲其他地方", "the rest of Asia"),
    "europe": Text("欧洲", "Europe"),
    "america": Text("美洲", "the Americas"),
    "elsewhere": Text("其他国家和地区", "other countries and regions"),
}


class ToggleRoamingInputs(ActionInputs):
    switch: Literal["on", "off"] = Field(
        default="on",
        json_schema_extra={
            "x-zh": "开通还是关闭",
            "x-en": "On or off",
            "x-options": {"on": {"zh": "开通", "en": "On"}, "off": {"zh": "关闭", "en": "Off"}},
        },
    )
    zone: Literal["hk_mo_tw", "asia", "europe", "america", "elsewhere"] = Field(
        json_schema_extra={
            "x-zh": "去哪里",
            "x-en": "Where to",
            "x-options": {
                "hk_mo_tw": {"zh": "港澳台 (每天25元)", "en": "HK, Macao, Taiwan (25 a day)"},
                "asia": {"zh": "亚洲其他 (每天29元)", "en": "Rest of Asia (29 a day)"},
                "europe": {"zh": "欧洲 (每天39元)", "en": "Europe (39 a day)"},
                "america": {"zh": "美洲 (每天39元)", "en": "Americas (39 a day)"},
                "elsewhere": {"zh": "其他 (每天49元)", "en": "Elsewhere (49 a day)"},
            },
        }
    )
    from_date: date | None = Field(
        default=None,
        json_schema_extra={
            "x-zh": "从哪天 (不填就是今天)",
            "x-en": "From which day (empty: today)",
        },
    )
    until_date: date | None = Field(
        default=None,
        json_schema_extra={
            "x-zh": "到哪天 (开通必填, 最多90天)",
            "x-en": "Until which day (needed for on; 90 days at most)",
        },
    )
    device_checked: Literal["yes", "no"] = Field(
        default="no",
        json_schema_extra={
            "x-zh": "开通前: 教客户看过手机的漫游开关了吗",
            "x-en": "Before switching on: was the customer shown the phone's roaming switch?",
            "x-options": {"yes": {"zh": "教过了", "en": "Yes"}, "no": {"zh": "还没有", "en": "No"}},
        },
    )


def _is_on(facts: Facts) -> bool:
    return facts.inputs.get("switch", "on") == "on"


def _zone(facts: Facts, lang: Lang) -> str:
    return ZONES[facts.inputs.get("zone", "elsewhere")].say(lang)


def _day(facts: Facts, which: str, lang: Lang) -> str:
    text = facts.operator.get(f"{which}_day")
    return date_words(date.fromisoformat(text) if text else facts.today, lang)


def _cost(facts: Facts, lang: Lang) -> str:
    if not _is_on(facts):
        return NO_CHARGE.say(lang)
    days = int(facts.operator.get("days", "1"))
    price, most = money(facts.price_fen, lang), money(facts.price_fen * days, lang)
    return Text(
        f"用一天{price}, 不用的那天不收。{days}天最多{most}。",
        f"{price} for each day you use it, nothing for the others; {most} at most for the "
        f"{days} days.",
    ).say(lang)


def _from(facts: Facts, lang: Lang) -> str:
    if not _is_on(facts):
        return Text("您确认后马上关闭。", "At once, when you confirm.").say(lang)
    first, last = _day(facts, "first", lang), _day(facts, "last", lang)
    return Text(
        f"从{first}到{last}, 过后自动关闭。", f"From {first} to {last}; then off by itself."
    ).say(lang)


def _undo(facts: Facts, lang: Lang) -> str:
    if _is_on(facts):
        return Text("随时可以视频关掉。", "You can switch it off by video at any time.").say(lang)
    return Text("需要的时候可以再开通。", "You can switch it on again.").say(lang)


def plain(facts: Facts, lang: Lang) -> Plain:
    zone = _zone(facts, lang)
    if _is_on(facts):
        what = Text(
            f"让尾号{facts.tail}的号码在{zone}也能打电话、上网。",
            f"Let your number ending in {facts.tail} call and go online in {zone}.",
        )
    else:
        what = Text(
            f"关闭尾号{facts.tail}在{zone}的漫游, 在那边就不能打电话和上网。",
            f"Switch off roaming in {zone} for your number ending in {facts.tail}: no calls and no "
            "internet there.",
        )
    return Plain(what.say(lang), _cost(facts, lang), _from(facts, lang), _undo(facts, lang))


def receipt(facts: Facts, lang: Lang) -> Receipt:
    title = (
        Text("漫游开通了", "Roaming is on")
        if _is_on(facts)
        else Text("漫游关闭了", "Roaming is off")
    )
    return Receipt(
        title.say(lang),
        (
            number_line(facts, lang),
            line("在哪里", "Where", _zone(facts, lang), lang),
            line("什么时候", "When", _from(facts, lang), lang),
            cost_line(_cost(facts, lang), lang),
            time_line(facts, lang),
        ),
        _undo(facts, lang),
    )


def sms(facts: Facts, lang: Lang) -> str:
    zone = _zone(facts, lang)
    if not _is_on(facts):
        return Text(
            f"您好, 尾号{facts.tail}在{zone}的漫游已关闭。如果不是本人办理, 请马上联系我们。",
            f"Roaming in {zone} is off for your number ending in {facts.tail}. If this was not "
            "asked for, please call us at once.",
        ).say(lang)
    return Text(
        f"您好, 尾号{facts.tail}已开通{zone}的漫游, {_from(facts, 'zh-CN')}{_cost(facts, 'zh-CN')}",
        f"Roaming in {zone} is booked for your number ending in {facts.tail}. "
        f"{_from(facts, 'en')} {_cost(facts, 'en')}",
    ).say(lang)


def how_to(facts: Facts, lang: Lang) -> tuple[str, ...]:
    """What the customer does with the phone on arrival; nothing when it was switched off."""
    if not _is_on(facts):
        return ()
    steps = (
        Text("到了以后, 先关机再开机。", "When you arrive, switch the phone off and on again."),
        Text(
            "打开设置, 点移动网络, 把数据漫游打开。",
            "Open Settings, tap Mobile network, and switch Data roaming on.",
        ),
        Text(
            "还是不行, 就在移动网络里手动选一个运营商。",
            "If it still fails, choose an operator by hand under Mobile network.",
        ),
    )
    return tuple(step.say(lang) for step in steps)


def undone_plain(facts: Facts, lang: Lang) -> Plain:
    zone = _zone(facts, lang)
    what = (
        Text(
            f"取消尾号{facts.tail}在{zone}的漫游。",
            f"Take back roaming in {zone} for your number ending in {facts.tail}.",
        )
        if _is_on(facts)
        else Text(
            f"恢复尾号{facts.tail}在{zone}的漫游, 日期和价钱不变。",
            f"Bring back roaming in {zone} for your number ending in {facts.tail}, with the same "
            "days and price.",
        )
    )
    at_once = Text("您确认后马上生效。", "At once, when you confirm.")
    return Plain(what.say(lang), NO_CHARGE.say(lang), at_once.say(lang), _AGAIN.say(lang))


_AGAIN = Text("以后还可以再改。", "It can be changed again later.")


def undone_receipt(facts: Facts, lang: Lang) -> Receipt:
    title = (
        Text("漫游取消了", "Roaming is taken back")
        if _is_on(facts)
        else Text("漫游恢复了", "Roaming is back")
    )
    return Receipt(
        title.say(lang),
        (
            number_line(facts, lang),
            line("在哪里", "Where", _zone(facts, lang), lang),
            cost_line(NO_CHARGE.say(lang), lang),
            time_line(facts, lang),
        ),
        _AGAIN.say(lang),
    )


def undone_sms(facts: Facts, lang: Lang) -> str:
    zone = _zone(facts, lang)
    now = Text("已取消", "taken back") if _is_on(facts) else Text("已恢复", "on again")
    return Text(
        f"您好, 尾号{facts.tail}在{zone}的漫游{now.zh}。如果不是本人办理, 请马上联系我们。",
        f"Roaming in {zone} is {now.en} for your number ending in {facts.tail}. If this was not "
        "asked for, please call us at once.",
    ).say(lang)


ACTION = Action(
    id="toggle_roaming",
    level=Level.L2,
    needs_independent_reference=False,
    requires_recording=True,
    undo_id="toggle_roaming",
    inputs=ToggleRoamingInputs,
    plain=plain,
    receipt=receipt,
    sms=sms,
    how_to=how_to,
    undone=Words(undone_plain, undone_receipt, undone_sms),
)
