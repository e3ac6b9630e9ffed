"""Every receipt can be measured before anybody ordered anything."""

from __future__ import annotations

import pytest

from vcounter.actions import registry
from vcounter.actions.base import Lang
from vcounter.domain.sms import LANGS, MAX_TEMPLATE_SEGMENTS
from vcounter.domain.sms_text import measure
from vcounter.services.orders.order_receipts import SIGNATURE
from vcounter.services.sms.samples import sample_sms


@pytest.mark.parametrize("action_id", sorted(registry.implemented()))
@pytest.mark.parametrize("lang", LANGS)
def test_a_receipt_is_measured_by_invented_facts(action_id: str, lang: Lang) -> None:
    """If it is not, name the facts that its words want in services/sms/samples.py."""
    text = sample_sms(registry.action(action_id), lang)

    assert text
    assert measure(SIGNATURE[lang] + text).segments <= MAX_TEMPLATE_SEGMENTS
