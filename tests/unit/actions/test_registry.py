"""The catalogue is whole, and what is built keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from vcounter.actions import registry
from vcounter.domain.errors import InvalidInput, NotFound
from vcounter.domain.identity import Level

# no, level, face matched from elsewhere than the card, recording, undone by
BUILT = {
    "suspend_service": (1, Level.L2, False, True, "resume_service"),
    "resume_service": (2, Level.L2, False, True, "suspend_service"),
    "emergency_resume": (3, Level.L1, False, True, None),
    "report_loss": (4, Level.L1A, False, False, "cancel_loss"),
    "cancel_loss": (5, Level.L2, False, True, "report_loss"),
    "query_puk": (6, Level.L2, True, True, None),
    "reset_service_password": (7, Level.L2, True, True, None),
    "query_balance": (11, Level.L1, False, False, None),
    "query_bill": (12, Level.L1, False, False, None),
    "dispute_charge": (15, Level.L1, False, True, "dispute_charge"),
    "replace_sim": (23, Level.L3, True, True, "replace_sim"),
    "update_real_name_user": (24, Level.L3, True, True, None),
    "query_my_numbers": (26, Level.L2, True, True, None),
    "terminate_service": (27, Level.L3, True, True, "terminate_service"),
    "book_ownership_transfer": (28, Level.L2, False, True, "book_ownership_transfer"),
    "remote_fault_tutoring": (8, Level.L0, False, False, None),
    "iptv_troubleshoot": (9, Level.L0, False, False, None),
    "broadband_fault_ticket": (10, Level.L1, False, False, "broadband_fault_ticket"),
    "broadband_relocate": (29, Level.L2, False, True, "broadband_relocate"),
    "update_contact": (25, Level.L2, False, True, "update_contact"),
    "set_elder_care_profile": (30, Level.L2, False, True, "set_elder_care_profile"),
    "lodge_complaint": (31, Level.L0, False, False, "lodge_complaint"),
    "query_usage_detail": (13, Level.L2, True, True, None),
    "query_allowance": (14, Level.L1, False, False, None),
    "change_plan": (18, Level.L2, False, True, "change_plan"),
    "cancel_vas": (19, Level.L1, False, True, "cancel_vas"),
    "toggle_roaming": (20, Level.L2, False, True, "toggle_roaming"),
    "toggle_feature": (21, Level.L1, False, True, "toggle_feature"),
    "enable_anti_fraud": (22, Level.L1, False, True, "enable_anti_fraud"),
    "top_up_payment": (16, Level.L0, False, False, None),
    "autopay_setup": (17, Level.L3, True, True, "autopay_setup"),
}


def test_catalogue_has_thirty_one_actions_numbered_in_order() -> None:
    listing = registry.listing()

    assert [e["no"] for e in listing] == list(range(1, 32))
    assert len({e["id"] for e in listing}) == 31
    for entry in listing:
        assert {"id", "zh", "en", "assurance", "reversible"} <= set(entry)
        assert all(str(entry[k]) for k in ("id", "zh", "en", "assurance", "reversible"))


def test_built_are_exactly_those_of_the_table() -> None:
    assert {e.id for e in registry.catalogue() if e.implemented} == set(BUILT)


@pytest.mark.parametrize("action_id", sorted(BUILT))
def test_definition_agrees_with_the_catalogue(action_id: str) -> None:
    action, entry = registry.action(action_id), registry.entry(action_id)
    no, level, independent, recording, undo_id = BUILT[action_id]

    assert (entry.no, action.level) == (no, level)
    assert entry.assurance.split()[0].removesuffix("+read-back") == level.value
    assert entry.assurance.endswith("(both)") <= action.second_party
    assert action.needs_independent_reference is independent
    assert action.requires_recording is recording
    assert action.undo_id == undo_id
    assert entry.reversible.startswith(("yes", "cancel")) is (undo_id is not None)
    if entry.reference:
        assert action.needs_independent_reference


@pytest.mark.parametrize("action_id", sorted(a for a in BUILT if BUILT[a][1] is Level.L2))
def test_only_reversible_actions_go_by_the_cards_portrait(action_id: str) -> None:
    """actions.md: with the card alone, only what is reversible and discloses nothing."""
    action = registry.action(action_id)

    by_card = not action.needs_independent_reference
    assert by_card is (action.undo_id is not None and action.discloses is None)


def test_unknown_action_is_not_found() -> None:
    with pytest.raises(NotFound):
        registry.action("nothing")


def test_unknown_entry_is_not_found() -> None:
    with pytest.raises(NotFound):
        registry.entry("nothing")


def test_forms_are_json_schemas_with_titles_in_both_languages() -> None:
    forms = {str(f["id"]): f for f in registry.forms()}

    assert len(forms) == 31
    for action_id in BUILT:
        schema = forms[action_id]["schema"]
        assert isinstance(schema, dict)
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
        for prop in schema["properties"].values():
            assert prop["x-zh"]
            assert prop["x-en"]
            assert "anyOf" not in prop
    assert json.dumps(list(forms.values()), ensure_ascii=False)


VALID = [
    ("suspend_service", {}, {"scope": "both"}),
    (
        "suspend_service",
        {"scope": "out", "start_date": "2026-12-01"},
        {"scope": "out", "start_date": "2026-12-01"},
    ),
    ("resume_service", {}, {}),
    ("report_loss", {"call_back": "138 0013-8000"}, {"call_back": "13800138000"}),
    ("report_loss", {"call_back": "+86 13800138000"}, {"call_back": "13800138000"}),
    ("report_loss", {"call_back": "0731-8888999"}, {"call_back": "07318888999"}),
    (
        "report_loss",
        {"call_back": "13800138000", "place": "  market ", "lost_at": "2026-11-20T09:30"},
        {"call_back": "13800138000", "place": "market", "lost_at": "2026-11-20T09:30:00"},
    ),
    ("top_up_payment", {"amount": "50"}, {"amount": "50"}),
    ("top_up_payment", {"amount": 30, "payee": "138 0000 6022"},
     {"amount": "30", "payee": "13800006022"}),
    ("autopay_setup", {}, {"change": "set_up"}),
    ("query_bill", {}, {}),
    ("query_bill", {"months": "2026年9月、202610, 2026-9"}, {"months": "2026-09,2026-10"}),
    ("dispute_charge", {"month": "2026.1", "item": 3, "reason": "not_used"},
     {"month": "2026-01", "item": "3", "reason": "not_used"}),
    ("query_my_numbers", {}, {"objection": "no"}),
    ("terminate_service", {"refund": "number", "refund_to": "+86 139 0000 9999"},
     {"refund": "number", "refund_to": "13900009999"}),
    ("terminate_service", {"refund": "bank", "refund_to": "6222 0200 0000 0007"},
     {"refund": "bank", "refund_to": "6222020000000007"}),
    ("replace_sim", {"stage": "activate", "iccid": "8986 0012 3456 7890 1234"},
     {"stage": "activate", "delivery": "post", "hall": "wuyi", "iccid": "89860012345678901234"}),
    ("update_real_name_user", {"second_msisdn": "139 0000-9999"},
     {"second_msisdn": "13900009999"}),
    ("query_puk", {"iccid": "8986 0012 3456 7890 1234", "tries_left": 7},
     {"iccid": "89860012345678901234", "tries_left": "7"}),
    ("query_puk", {"iccid": "", "tries_left": None}, {}),
    ("query_puk", {"tries_left": "3"}, {"tries_left": "3"}),
    ("query_usage_detail", {}, {}),
    ("toggle_roaming", {"zone": "asia", "until_date": "2026-12-01"},
     {"switch": "on", "zone": "asia", "until_date": "2026-12-01", "device_checked": "no"}),
    ("toggle_feature", {"feature": "call_forward", "switch": "on", "forward_to": "0731-8888999"},
     {"feature": "call_forward", "switch": "on", "forward_to": "07318888999"}),
    ("enable_anti_fraud", {"alert_contact": "139 0000 9999"},
     {"level": "low", "alert_contact": "13900009999"}),
]  # fmt: skip


@pytest.mark.parametrize(("action_id", "raw", "kept"), VALID)
def test_inputs_are_normalised(
    action_id: str, raw: dict[str, object], kept: dict[str, str]
) -> None:
    assert registry.parse_inputs(registry.action(action_id), raw) == kept


INVALID = [
    ("suspend_service", {"scope": "all"}, "scope", "choice"),
    ("suspend_service", {"start_date": "tomorrow"}, "start_date", "date"),
    ("suspend_service", {"msisdn": "13800138000"}, "msisdn", "unexpected"),
    ("resume_service", {"force": True}, "force", "unexpected"),
    ("report_loss", {}, "call_back", "missing"),
    ("report_loss", {"call_back": "12345"}, "call_back", "msisdn"),
    ("report_loss", {"call_back": "１３８００１３８０００"}, "call_back", "msisdn"),
    ("report_loss", {"call_back": "13800138000", "place": "x" * 61}, "place", "too_long"),
    ("report_loss", {"call_back": "13800138000", "lost_at": "noon"}, "lost_at", "date"),
    ("top_up_payment", {"amount": 0}, "amount", "range"),
    ("top_up_payment", {"amount": 50, "payee": "0731-8888999"}, "payee", "msisdn"),
    ("autopay_setup", {"change": "both"}, "change", "choice"),
    ("emergency_resume", {}, "reason", "missing"),
    ("query_bill", {"months": "2026-13"}, "months", "month"),
    ("query_bill", {"months": "2026-07,2026-08,2026-09,2026-10"}, "months", "range"),
    ("dispute_charge", {"month": "octo", "item": 3, "reason": "other"}, "month", "month"),
    ("dispute_charge", {"month": "2026-10", "item": 0, "reason": "other"}, "item", "range"),
    ("query_my_numbers", {"objection": "yes"}, "words", "missing"),
    ("terminate_service", {}, "refund", "missing"),
    ("terminate_service", {"refund": "number"}, "refund_to", "missing"),
    ("terminate_service", {"refund": "number", "refund_to": "0731-8888999"}, "refund_to", "msisdn"),
    (
        "terminate_service",
        {"refund": "bank", "refund_to": "6222020000000008"},
        "refund_to",
        "bank_card",
    ),
    ("replace_sim", {"stage": "activate"}, "iccid", "missing"),
    ("replace_sim", {"stage": "activate", "iccid": "12345"}, "iccid", "iccid"),
    ("replace_sim", {"hall": "mars"}, "hall", "choice"),
    ("book_ownership_transfer", {"second_msisdn": "13900009999"}, "day", "missing"),
    ("update_real_name_user", {}, "second_msisdn", "missing"),
    ("update_real_name_user", {"second_msisdn": "12"}, "second_msisdn", "msisdn"),
    ("cancel_loss", {"x": 1}, "x", "unexpected"),
    ("query_puk", {"iccid": "12345"}, "iccid", "iccid"),
    ("query_puk", {"tries_left": 11}, "tries_left", "range"),
    ("query_puk", {"tries_left": "many"}, "tries_left", "number"),
    ("reset_service_password", {"new_password": "507318"}, "new_password", "unexpected"),
    ("remote_fault_tutoring", {"device": "tv", "symptom": "text_small"}, "symptom", "choice"),
    ("iptv_troubleshoot", {"symptom": "no_signal", "account": "abc"}, "account", "account"),
    ("broadband_fault_ticket", {"symptom": "slow"}, "day", "missing"),
    ("broadband_relocate", {"new_address": "路", "day": "2026-12-01"}, "new_address", "too_short"),
    ("lodge_complaint", {"category": "staff"}, "words", "missing"),
    ("query_usage_detail", {"from_date": "June"}, "from_date", "date"),
    ("change_plan", {}, "target_plan", "missing"),
    ("change_plan", {"target_plan": "free"}, "target_plan", "choice"),
    ("cancel_vas", {"horoscope": True}, "horoscope", "unexpected"),
    ("toggle_roaming", {"zone": "moon"}, "zone", "choice"),
    ("toggle_feature", {"feature": "caller_id"}, "switch", "missing"),
    ("enable_anti_fraud", {"alert_contact": "0731-8888999"}, "alert_contact", "msisdn"),
]


@pytest.mark.parametrize(("action_id", "raw", "field", "reason"), INVALID)
def test_bad_inputs_name_field_and_reason(
    action_id: str, raw: dict[str, object], field: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        registry.parse_inputs(registry.action(action_id), raw)

    assert refused.value.fields == {"field": field, "reason": reason}


def test_forwarding_calls_wants_more_than_the_other_functions() -> None:
    action = registry.action("toggle_feature")

    assert action.needed({"feature": "call_forward", "switch": "off"}) is Level.L2
    assert action.needed({"feature": "caller_id", "switch": "off"}) is Level.L1


def test_document_describes_every_built_action() -> None:
    """docs/actions.md is the operator's table; it may not fall behind the code."""
    text = (Path(__file__).parents[3] / "docs" / "actions.md").read_text("utf-8")

    for entry in registry.catalogue():
        row = f"| {entry.no} | `{entry.id}` | {entry.zh} | {entry.en} | {entry.assurance} |"
        assert row in text
    for action_id in BUILT:
        action = registry.action(action_id)
        yes = {True: "yes", False: "no"}
        row = (
            f"| `{action_id}` | {action.level.value} "
            f"| {'enrolment or authority' if action.needs_independent_reference else 'any'} "
            f"| {yes[action.requires_recording]} | {action.undo_id or 'none'} |"
        )
        assert row in text
