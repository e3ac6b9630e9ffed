"""The operator's business halls, and the halves of a day, as customers know them."""

from __future__ import annotations

from typing import Literal

from pydantic.config import JsonDict

from vcounter.actions.base import Text

HallCode = Literal["wuyi", "furong", "zhuzhou", "xiangtan"]
Half = Literal["am", "pm"]

HALLS = {
    "wuyi": Text("五一路营业厅", "Wuyi Road hall"),
    "furong": Text("芙蓉路营业厅", "Furong Road hall"),
    "zhuzhou": Text("株洲中心营业厅", "Zhuzhou central hall"),
    "xiangtan": Text("湘潭中心营业厅", "Xiangtan central hall"),
}
HALVES = {
    "am": Text("上午9点到12点", "9 to 12 in the morning"),
    "pm": Text("下午2点到5点", "2 to 5 in the afternoon"),
}


def options(texts: dict[str, Text]) -> JsonDict:
    """The choices of a form's field in both languages."""
    return {code: {"zh": text.zh, "en": text.en} for code, text in texts.items()}
