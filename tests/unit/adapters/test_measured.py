"""Measured ports pass everything on, and count it by outcome."""

from __future__ import annotations

from typing import cast

import pytest

from vcounter.adapters.measured import MeasuredBss, MeasuredLab, MeasuredSms
from vcounter.domain.errors import OperatorUnavailable
from vcounter.domain.ids import Msisdn
from vcounter.observability.metrics import Metrics
from vcounter.services.ports import (
    Bss,
    BssCommand,
    BssResult,
    FaceMeasure,
    IdentityLab,
    Keyframe,
    Sms,
)

NUMBER = Msisdn("13800006021")
COMMAND = BssCommand("key", "report_loss", NUMBER, 1, {})


class OneAnswer:
    """An operator's system that always gives the same answer, or is silent."""

    def __init__(self, result: BssResult | None) -> None:
        self._result = result

    async def execute(self, command: BssCommand) -> BssResult:
        if self._result is None:
            raise OperatorUnavailable
        return self._result


def _count(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("result", "outcome"),
    [(BssResult(True, "", 2), "done"), (BssResult(False, "stale", 2), "refused")],
)
async def test_an_order_is_counted_by_its_outcome(result: BssResult, outcome: str) -> None:
    metrics = Metrics()

    found = await MeasuredBss(cast(Bss, OneAnswer(result)), metrics).execute(COMMAND)

    assert found == result
    name = "vcounter_orders_total"
    assert _count(metrics, name, action="report_loss", outcome=outcome) == 1


async def test_a_silent_operator_is_an_unknown_order_and_still_raises() -> None:
    metrics = Metrics()

    with pytest.raises(OperatorUnavailable):
        await MeasuredBss(cast(Bss, OneAnswer(None)), metrics).execute(COMMAND)

    assert _count(metrics, "vcounter_orders_total", action="report_loss", outcome="unknown") == 1
    calls = "vcounter_operator_call_duration_seconds_count"
    assert _count(metrics, calls, call="execute", outcome="operator_unavailable") == 1


class Gateway:
    def __init__(self, works: bool) -> None:
        self._works = works

    async def send(self, sms: Sms) -> None:
        if not self._works:
            raise OSError("gateway")


@pytest.mark.parametrize(("works", "outcome"), [(True, "sent"), (False, "failed")])
async def test_messages_are_counted_by_template_and_outcome(works: bool, outcome: str) -> None:
    metrics = Metrics()
    gateway = MeasuredSms(Gateway(works), metrics)

    try:
        await gateway.send(Sms(NUMBER, "text", "sms_code", "key"))
    except OSError:
        assert not works

    assert _count(metrics, "vcounter_sms_total", template="sms_code", outcome=outcome) == 1


async def test_examinations_are_timed_by_kind() -> None:
    measure = FaceMeasure(1, 0.0, 80.0, 90.0, 120.0, (0, 0, 1, 1))

    class Lab:
        async def measure(self, frame: Keyframe) -> FaceMeasure:
            return measure

    metrics = Metrics()

    found = await MeasuredLab(cast(IdentityLab, Lab()), metrics).measure(Keyframe("VP8", b"", 0.0))

    assert found is measure
    assert _count(metrics, "vcounter_identity_duration_seconds_count", kind="measure") == 1
