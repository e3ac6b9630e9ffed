"""Every receipt can be measured before anybody ordered anything."""

from __future__ import annotations

import pytest

from vcounter.actions import registry
from vcounter.actions.base import Lang
from vcounter.domain.sms import LANGS, MAX_TEMPLATE_SEGMENTS, TEMPLATES, SmsKind, check_template
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


@pytest.mark.parametrize("template_id", sorted(TEMPLATES))
def test_a_shipped_text_keeps_the_rules_of_an_operators_own(template_id: str) -> None:
    template = TEMPLATES[template_id]

    check_template(template, template.texts)


def test_what_an_order_tells_besides_its_receipt_is_a_text_that_an_operator_may_change() -> None:
    told = {"how_to", "order.scheduled", "order.refused"}

    assert {TEMPLATES[template_id].kind for template_id in told} == {SmsKind.NOTICE}
