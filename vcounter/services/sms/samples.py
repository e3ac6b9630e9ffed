"""Stand-ins for the facts of an order, to measure the receipt of an action that nobody ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from vcounter.actions import registry
from vcounter.actions.base import Action, Facts, Lang
from vcounter.domain.ids import Msisdn

_AT = datetime(2026, 1, 1, 4, tzinfo=UTC)
_NUMBER = "13800006021"
_DAY = _AT.date().isoformat()
_MOMENTS = ("_on", "_at", "_from", "_until", "_due", "date", "day", "planned")
_COUNTS = ("fen", "days", "months", "mb", "gb", "minutes", "count", "amount", "version")
_NUMBERS = ("contact", "msisdn", "phone")
_WORD = "EXAMPLE"


class _Samples(Mapping[str, str]):
    """Has a plausible value under every name: a choice of the form's, or by how the name ends."""

    def __init__(self, choices: Mapping[str, str], moment: str, default: str) -> None:
        self._choices, self._moment, self._default = choices, moment, default

    def __getitem__(self, name: str) -> str:
        if name in self._choices:
            return self._choices[name]
        for endings, value in (
            (_MOMENTS, self._moment),
            (_COUNTS, "100"),
            (_NUMBERS, _NUMBER),
        ):
            if name.endswith(endings):
                return value
        return self._default

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)


def _choices(action: Action) -> dict[str, str]:
    """The first choice of each field of the form that has choices."""
    found = {}
    for name, field in registry.form_schema(action.inputs)["properties"].items():
        if field.get("enum"):
            found[name] = str(field["enum"][0])
        elif field.get("format") == "date":
            found[name] = _DAY
    return found


def sample_sms(action: Action, lang: Lang) -> str | None:
    """The receipt of an action with invented facts, of an order that costs something and starts
    later; None if its words can do with none of them."""
    choices = _choices(action)
    for moment, default in product((_AT.isoformat(), _DAY), (_WORD, "100", _AT.isoformat())):
        facts = Facts(
            msisdn=Msisdn(_NUMBER),
            inputs=_Samples(choices, moment, default),
            price_fen=1000,
            effective_from=_AT + timedelta(days=31),
            now=_AT,
            zone=ZoneInfo("Asia/Shanghai"),
            operator=_Samples({}, moment, default),
        )
        try:
            return action.sms(facts, lang)
        except (ValueError, LookupError, TypeError):
            continue
    return None
