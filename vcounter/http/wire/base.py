"""The two bases of every wire object, and the types all of them share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Lang = Literal["zh-CN", "en"]
Texts = dict[str, str]


class In(BaseModel):
    """Something a client sends: unknown fields are refused, so that a typo is not lost."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(BaseModel):
    model_config = ConfigDict(extra="forbid")
