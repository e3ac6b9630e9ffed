"""Stand-ins for the facts of an order, to measure the receipt of an action that nobody ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from vcounter.actions.base import Action, Facts, Lang
from vcounter.domain.ids import Msisdn

_AT = datetime(2026, 1, 1, 4, tzinfo=UTC)
_NUMBER = "13800006021"
_NAMED = {"scope": "both", "call_back": "13900009999", "msisdn": _NUMBER}
_BY_ENDING = (
    (("_on", "_at", "_from", "_until", "date", "day"), _AT.isoformat()),
    (("fen", "days", "months", "mb", "gb", "minutes", "count", "amount", "version", "no"), "100"),
    (("number", "contact", "msisdn", "phone"), _NUMBER),
)
_WORD = "\u793a\u4f8b"


class _Samples(Mapping[str, str]):
    """Has a plausible value under every name, told by how the name ends."""

    def __init__(self, default: str) -> None:
        self._default = default

    def __getitem__(self, name: str) -> str:
        if name in _NAMED:
            return _NAMED[name]
        for endings, value in _BY_ENDING:
            if name.endswith(endings):
                return value
        return self._default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMED)

    def __len__(self) -> int:
        return len(_NAMED)


def sample_facts(default: str = _WORD) -> Facts:
    """An order of an invented number that costs something and starts on a later day; `default` is
    said where a fact's name tells nothing."""
    return Facts(
        msisdn=Msisdn(_NUMBER),
        inputs=_Samples(default),
        price_fen=1000,
        effective_from=_AT + timedelta(days=31),
        now=_AT,
        zone=ZoneInfo("Asia/Shanghai"),
        operator=_Samples(default),
    )


def sample_sms(action: Action, lang: Lang) -> str | None:
    """The receipt of an action with invented facts; None if its words can do with none of them."""
    for default in (_WORD, "100", _AT.isoformat()):
        try:
            return action.sms(sample_facts(default), lang)
        except (ValueError, LookupError):
            continue
    return None
