"""From print to the fields of a resident identity card. No pictures here: strips in, fields out.

A value is the print right of its label in its row. Nothing is repaired: a number is read whole, or
not at all, and its check character (GB 11643) is reported, never used to choose a digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from vcounter.adapters.identity import document
from vcounter.adapters.identity.card_layout import (
    BACK_LABELS,
    BACK_ROWS,
    FRONT_LABELS,
    FRONT_ROWS,
    Printed,
    Strip,
    is_mark,
    label_length,
    merged,
    row_anchors,
)
from vcounter.services.ports import ReadField

LONG_TERM = "long_term"
SEXES = {"女": "female", "男": "male"}
# The 56 of GB/T 3304, as they stand on cards.
_ETHNICITIES = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜
水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒
乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
ETHNICITIES = frozenset(_ETHNICITIES.split())

_PORTRAIT_EDGE = 0.645  # text rows end left of it
_LABEL_COLUMN, _LABEL_MIDDLE = 0.165, 0.15  # a value never begins left of the second
_ROW_REACH, _NUMBER_REACH = 0.055, 0.085
_ADDRESS_RISE, _NUMBER_GAP = 0.035, 0.055
_ADDRESS_LEFT = 0.30  # an address's line begins left of it
_MAX_LEADING = 2.4  # from one line of an address to the next, in line heights
_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9X]$")
_BIRTH = re.compile(r"([0-9]{4})[^0-9]{1,2}?([0-9]{1,2})[^0-9]{1,2}?([0-9]{1,2})(?![0-9])")
_DATE = r"([0-9]{4})[^0-9]?([0-9]{2})[^0-9]?([0-9]{2})"
_VALIDITY = re.compile(_DATE + r"[^0-9]{0,2}?(?:" + _DATE + r"|(长期|長期))")
_AGE_LIMIT = date.max

Fields = dict[str, ReadField]


def parse_front(strips: Sequence[Strip]) -> Fields:
    """name, sex, ethnicity, birth, address, number: those that could be read."""
    data = [s for s in strips if not is_mark(s)]
    anchors = row_anchors(data, FRONT_LABELS, FRONT_ROWS)
    left = [s for s in data if s.x < _PORTRAIT_EDGE]
    fields: Fields = {}
    _put(fields, "name", _value(_row(left, anchors, "name"), "姓名"))
    sex_row = [p for p in _row(left, anchors, "sex") if p.text not in "性别民族"]
    _put(fields, "sex", sex_row[:1], _sex)
    _put(fields, "ethnicity", sex_row[1:] if _sex_leads(sex_row) else sex_row, _ethnicity)
    _put(fields, "birth", _value(_row(left, anchors, "birth"), "出生"), _birth)
    _put(fields, "address", _address(left, anchors))
    _put_number(fields, data, anchors["number"])
    return fields


def parse_back(strips: Sequence[Strip]) -> Fields:
    """authority, valid_from, valid_until: those that could be read."""
    data = [s for s in strips if not is_mark(s)]
    anchors = row_anchors(data, BACK_LABELS, BACK_ROWS)
    fields: Fields = {}
    until = anchors["validity"] - 0.03
    lines = [s for s in merged(data) if anchors["authority"] - 0.05 <= s.y < until]
    _put(fields, "authority", [p for s in lines for p in _value(s.printed, "签发机关")])
    for strip in merged(s for s in data if abs(s.y - anchors["validity"]) <= _ROW_REACH):
        _put_validity(fields, _value(strip.printed, "有效期限"))
    return fields


def front_faults(fields: Mapping[str, ReadField]) -> tuple[str, ...]:
    """What of a front contradicts itself: the number in itself, and with birth and sex."""
    if "number" not in fields:
        return ()
    number = fields["number"].text
    faults = document.number_faults(number, _AGE_LIMIT)
    birth = document.birth_of(number)
    if "birth" in fields and birth is not None and fields["birth"].text != birth.isoformat():
        faults.append(document.BIRTH_DIFFERS)
    if "sex" in fields and fields["sex"].text != document.sex_of(number):
        faults.append(document.SEX_DIFFERS)
    return tuple(faults)


def back_faults(fields: Mapping[str, ReadField]) -> tuple[str, ...]:
    """A validity that no card has: not 5, 10, 20 years or 长期."""
    start, end = fields.get("valid_from"), fields.get("valid_until")
    if start is None or end is None or end.text == LONG_TERM:
        return ()
    period = document.is_period(date.fromisoformat(start.text), date.fromisoformat(end.text))
    return () if period else (document.DATES,)


def _put(
    fields: Fields,
    name: str,
    printed: Sequence[Printed],
    convert: Callable[[str], str] = lambda text: text,
) -> None:
    if printed and (text := convert("".join(p.text for p in printed))):
        fields[name] = ReadField(text, round(min(p.confidence for p in printed), 4))


def _row(strips: Sequence[Strip], anchors: Mapping[str, float], name: str) -> list[Printed]:
    """The print of the row nearest to an anchor, left to right."""
    near = [
        s
        for s in strips
        if abs(s.y - anchors[name]) <= _ROW_REACH
        and min(anchors, key=lambda other: abs(s.y - anchors[other])) == name
    ]
    return [p for s in sorted(near, key=lambda s: s.x) for p in s.printed]


def _value(printed: Sequence[Printed], label: str) -> list[Printed]:
    """What follows the label; remains of a label in the label's column are dropped too."""
    rest = list(printed)
    while rest and not label_length("".join(p.text for p in rest), label):
        if rest[0].x > (_LABEL_COLUMN if rest[0].text in label else _LABEL_MIDDLE):
            return rest
        rest = rest[1:]
    return rest[label_length("".join(p.text for p in rest), label) :]


def _sex(text: str) -> str:
    return SEXES.get(text, "")


def _sex_leads(row: Sequence[Printed]) -> bool:
    return bool(row) and row[0].text in SEXES


def _ethnicity(text: str) -> str:
    return text if text in ETHNICITIES else ""


def _birth(text: str) -> str:
    found = _BIRTH.search(text)
    return _iso(*found.groups()) if found else ""


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""


def _address(strips: Sequence[Strip], anchors: Mapping[str, float]) -> list[Printed]:
    """The lines between the address's row and the number's, as far as they follow one another."""
    top, bottom = anchors["address"] - _ADDRESS_RISE, anchors["number"] - _NUMBER_GAP
    chosen: list[Printed] = []
    last: Strip | None = None
    for strip in merged(s for s in strips if top <= s.y <= bottom):
        value = _value(strip.printed, "住址")
        if not value or value[0].x > _ADDRESS_LEFT:
            continue
        if last is not None and strip.y - last.y > _MAX_LEADING * max(last.height, strip.height):
            break
        chosen.extend(value)
        last = strip
    return chosen


def _put_number(fields: Fields, strips: Sequence[Strip], row: float) -> None:
    for strip in merged(s for s in strips if abs(s.y - row) <= _NUMBER_REACH):
        text = strip.text.upper()
        if len(text) == len(strip.printed) and _NUMBER.search(text):
            _put(fields, "number", strip.printed[-18:], str.upper)


def _put_validity(fields: Fields, printed: Sequence[Printed]) -> None:
    found = _VALIDITY.search("".join(p.text for p in printed))
    if not found:
        return
    confidence = round(min(p.confidence for p in printed[found.start() : found.end()]), 4)
    groups = found.groups()
    start = _iso(*groups[:3])
    end = LONG_TERM if groups[6] else _iso(*groups[3:6])
    if start and end:
        fields["valid_from"] = ReadField(start, confidence)
        fields["valid_until"] = ReadField(end, confidence)
