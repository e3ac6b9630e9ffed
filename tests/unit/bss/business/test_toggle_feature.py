"""基础功能开关: what is switched, what the others forbid, and the way back."""

from __future__ import annotations

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, NewSubscriber
from vcounter.adapters.bss.embedded.features import features_of
from vcounter.domain.ids import Msisdn

MOBILE, LANDLINE = "13900009999", "07318888999"


def switch(feature: str, to: str, forward_to: str = "") -> dict[str, str]:
    return {"feature": feature, "switch": to, "forward_to": forward_to}


async def features(desk: OperatorDesk) -> dict[str, tuple[bool, str]]:
    sub = desk.bss.vault.name(desk.msisdn)
    async with desk.bss.store.transaction():
        found = await features_of(desk.bss.books, sub)
    return {f.code: (f.is_on, f.target) for f in found.values()}


@pytest.mark.parametrize("feature", ["caller_id", "mobile_data", "long_distance"])
async def test_function_is_switched_and_taken_back(desk: OperatorDesk, feature: str) -> None:
    off = switch(feature, "off")
    done = await desk.do("toggle_feature", off)

    assert done.done
    assert (await features(desk))[feature] == (False, "")
    assert await desk.failing("toggle_feature", off) == ["feature_differs"]
    assert (await desk.do("toggle_feature", off, "k2", reverses="k1")).done
    assert (await features(desk))[feature] == (True, "")
    assert await desk.failing("toggle_feature", off, reverses="k1") == ["not_changed_since"]


async def test_former_forwarding_comes_back_and_no_number_is_told(desk: OperatorDesk) -> None:
    first = await desk.do("toggle_feature", switch("call_forward", "on", MOBILE))
    await desk.do("toggle_feature", switch("call_forward", "on", LANDLINE), "k2")
    assert (await features(desk))["call_forward"] == (True, LANDLINE)

    assert (await desk.do("toggle_feature", {}, "k3", reverses="k2")).done

    assert (await features(desk))["call_forward"] == (True, MOBILE)
    assert MOBILE not in repr(first)


async def test_later_change_of_the_same_function_stands_in_the_way(desk: OperatorDesk) -> None:
    await desk.do("toggle_feature", switch("call_forward", "on", MOBILE))
    await desk.do("toggle_feature", switch("call_forward", "off"), "k2")

    refused = await desk.do("toggle_feature", {}, "k3", reverses="k1")

    assert (refused.done, refused.reason) == (False, "not_changed_since")


async def test_forwarding_wants_another_number(desk: OperatorDesk) -> None:
    assert await desk.failing("toggle_feature", switch("call_forward", "on")) == [
        "forward_number_given"
    ]
    own = switch("call_forward", "on", desk.msisdn)
    assert await desk.failing("toggle_feature", own) == ["other_forward_number"]


async def test_landline_and_long_distance_hold_each_other(desk: OperatorDesk) -> None:
    await desk.do("toggle_feature", switch("call_forward", "on", LANDLINE))
    off = switch("long_distance", "off")
    assert await desk.failing("toggle_feature", off) == ["feature_compatible"]

    await desk.do("toggle_feature", switch("call_forward", "off"), "k2")
    await desk.do("toggle_feature", off, "k3")
    on = switch("call_forward", "on", LANDLINE)
    assert await desk.failing("toggle_feature", on) == ["feature_compatible"]
    assert await desk.failing("toggle_feature", switch("call_forward", "on", MOBILE)) == []


async def test_data_stay_on_while_roaming_stands(desk: OperatorDesk) -> None:
    roaming = {"switch": "on", "zone": "asia", "until_date": "2026-11-27", "device_checked": "yes"}
    await desk.do("toggle_feature", switch("mobile_data", "off"))
    await desk.do("toggle_feature", switch("mobile_data", "on"), "k2")
    await desk.do("toggle_roaming", roaming, "k3")

    assert await desk.failing("toggle_feature", switch("mobile_data", "off")) == [
        "feature_compatible"
    ]
    assert await desk.failing("toggle_feature", {}, reverses="k2") == ["feature_compatible"]


async def test_second_card_cannot_forward(desk: OperatorDesk) -> None:
    second = next(p.person for p in DEMO_PEOPLE if p.case == "two_numbers_second")
    await desk.bss.hall.open_number(NewSubscriber(second, test=True))
    desk.msisdn = Msisdn(second.msisdn)

    on = switch("call_forward", "on", MOBILE)
    assert await desk.failing("toggle_feature", on) == ["feature_compatible"]


async def test_stopped_and_lost_numbers_are_refused(desk: OperatorDesk) -> None:
    await desk.bss.hall.stop(desk.msisdn, "lost", "test")
    assert await desk.failing("toggle_feature", switch("caller_id", "off")) == [
        "not_lost",
        "is_active",
    ]
