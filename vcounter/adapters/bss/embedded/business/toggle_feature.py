"""基础功能开关: one basic function of the number on or off, where the others allow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vcounter.adapters.bss.embedded.business.base import (
    Asked,
    Books,
    Business,
    Undo,
    Values,
    not_lost,
)
from vcounter.adapters.bss.embedded.features import (
    Feature,
    features_of,
    open_target,
    seal_target,
    set_feature,
)
from vcounter.adapters.bss.embedded.plans import LinePlan, line_plan
from vcounter.adapters.bss.embedded.record import ACTIVE, Record
from vcounter.adapters.bss.embedded.roaming import Period, periods_of
from vcounter.services.ports import Check


@dataclass(frozen=True, slots=True)
class _Found:
    features: Mapping[str, Feature]
    periods: tuple[Period, ...]
    line: LinePlan


async def _read(books: Books, record: Record, _: Mapping[str, str], __: datetime) -> _Found:
    return _Found(
        await features_of(books, record.sub),
        await periods_of(books, record.sub),
        await line_plan(books, record),
    )


def _wanted(asked: Asked) -> Feature:
    code = asked.inputs.get("feature", "")
    is_on = asked.inputs.get("switch") == "on"
    forwards = code == "call_forward" and is_on
    return Feature(code, is_on, asked.inputs.get("forward_to", "") if forwards else "", asked.key)


def _is_compatible(asked: Asked, new: Feature) -> bool:
    """Forwarding wants a plan that has it, and to a landline elsewhere also long-distance calls;
    roaming wants mobile data; a forwarding to a landline holds long-distance calls on."""
    found = asked.read_as(_Found)
    forward = found.features["call_forward"]
    match (new.code, new.is_on):
        case ("call_forward", True):
            allowed = found.line.plan is not None and found.line.plan.forwards
            far = new.target.startswith("0")
            return allowed and (not far or found.features["long_distance"].is_on)
        case ("mobile_data", False):
            return not any(p.stands for p in found.periods)
        case ("long_distance", False):
            return not (forward.is_on and forward.target.startswith("0"))
    return True


def _checks(asked: Asked) -> tuple[Check, ...]:
    new = _wanted(asked)
    old = asked.read_as(_Found).features.get(new.code)
    forwards = new.code == "call_forward" and new.is_on
    same = old is not None and (old.is_on, old.target) == (new.is_on, new.target)
    return (
        not_lost(asked),
        Check("is_active", asked.record.state(asked.now) == ACTIVE),
        Check("feature_differs", old is not None and not same),
        Check("forward_number_given", not forwards or bool(new.target)),
        Check("other_forward_number", new.target != asked.record.person.msisdn),
        Check("feature_compatible", _is_compatible(asked, new)),
    )


async def _apply(books: Books, asked: Asked) -> Values:
    new, sub = _wanted(asked), asked.record.sub
    old, at = asked.read_as(_Found).features[new.code], asked.now.isoformat()
    await books.store.run(
        "INSERT INTO feature_changes (made_by, sub, code, was_on, was_target, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (asked.key, sub, new.code, int(old.is_on), seal_target(books, sub, old), at),
    )
    await set_feature(books, sub, new)
    return {"feature": new.code, "switch": "on" if new.is_on else "off"}


def _may_undo(asked: Asked) -> tuple[Check, ...]:
    assert asked.original is not None
    key = asked.original.key
    features = asked.read_as(_Found).features.values()
    return (
        not_lost(asked),
        Check("not_changed_since", any(f.made_by == key for f in features)),
        Check("feature_compatible", _undo_is_compatible(asked)),
    )


def _undo_is_compatible(asked: Asked) -> bool:
    """Switching off again what others lean on by now is refused; a forwarding that comes back had
    been accepted before."""
    assert asked.original is not None
    values = asked.original.values
    goes_off = values.get("switch") == "on" and values.get("feature") != "call_forward"
    return not goes_off or _is_compatible(asked, Feature(values.get("feature", ""), False))


async def _undo(books: Books, asked: Asked) -> Values:
    assert asked.original is not None
    sub = asked.record.sub
    row = await books.store.one(
        "SELECT * FROM feature_changes WHERE made_by = ?", (asked.original.key,)
    )
    assert row is not None
    target = open_target(books, sub, row["was_target"])
    await set_feature(books, sub, Feature(row["code"], bool(row["was_on"]), target, asked.key))
    return {}


BUSINESS = Business(
    id="toggle_feature",
    checks=_checks,
    apply=_apply,
    read=_read,
    undo=Undo(_may_undo, _undo),
)
