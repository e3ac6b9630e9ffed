"""Metrics: named with their unit, described for operators, separate per counter."""

from __future__ import annotations

from pathlib import Path

from vcounter.observability.metrics import Metrics

DOCS = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_every_metric_is_described_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")

    missing = [
        family.name
        for family in Metrics().registry.collect()
        if family.name.startswith("vcounter_") and f"`{family.name}" not in text
    ]

    assert missing == []


def test_two_counters_in_one_process_do_not_add_up() -> None:
    first, second = Metrics(), Metrics()

    first.sms.labels("sms_code", "sent").inc()

    assert b'vcounter_sms_total{outcome="sent",template="sms_code"} 1.0' in first.render()
    assert b"vcounter_sms_total{" not in second.render()
