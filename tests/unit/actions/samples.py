"""What each action is told in the tests of its words: inputs, and what the operator answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # already the 22nd in Shanghai
CALL_BACK = "13900009999"
_IN_A_WEEK = (NOW + timedelta(days=7)).isoformat()
_VISIT = {
    "line_tail": "4417",
    "call_back_due": _IN_A_WEEK,
    "case_no": "26112200000017",
    "work_order": "261122000000171",
}

INPUTS: Mapping[str, Mapping[str, str]] = {
    "report_loss": {"call_back": CALL_BACK},
    "suspend_service": {"scope": "both"},
    "emergency_resume": {"reason": "medical"},
    "query_bill": {"months": "2026-10"},
    "dispute_charge": {"month": "2026-10", "item": "3", "reason": "not_ordered"},
    "replace_sim": {"stage": "order", "delivery": "hall", "hall": "furong"},
    "update_real_name_user": {"second_msisdn": CALL_BACK},
    "query_my_numbers": {"objection": "yes", "words": "尾号0001不是我办的"},
    "terminate_service": {"refund": "number", "refund_to": CALL_BACK},
    "book_ownership_transfer": {
        "second_msisdn": CALL_BACK,
        "hall": "xiangtan",
        "day": "2026-12-01",
        "half": "pm",
    },
    "remote_fault_tutoring": {"device": "phone", "symptom": "text_small", "outcome": "shown"},
    "iptv_troubleshoot": {"symptom": "no_signal", "remedy": "guide"},
    "broadband_fault_ticket": {"symptom": "red_light", "day": "2026-11-24", "half": "morning"},
    "broadband_relocate": {"new_address": "湘雅路60号", "day": "2026-11-24", "half": "afternoon"},
    "update_contact": {"new_contact": CALL_BACK, "new_address": "湘雅路60号"},
    "set_elder_care_profile": {"helper": CALL_BACK, "watch_yuan": "20", "dialect": "changsha"},
    "lodge_complaint": {"category": "network", "words": "家里信号不好"},
    "change_plan": {"target_plan": "easy129"},
    "toggle_roaming": {"switch": "on", "zone": "elsewhere", "until_date": "2027-02-10"},
    "toggle_feature": {"feature": "call_forward", "switch": "on", "forward_to": CALL_BACK},
    "enable_anti_fraud": {"level": "high", "alert_contact": CALL_BACK},
    "top_up_payment": {"amount": "50", "payee": "13900009999"},
    "autopay_setup": {"change": "set_up"},
}
PRICES: Mapping[str, int] = {
    "suspend_service": 500,
    "broadband_relocate": 5000,
    "change_plan": 12900,
    "toggle_roaming": 4900,
    "top_up_payment": 5000,
}
OPERATOR: Mapping[str, Mapping[str, str]] = {
    "top_up_payment": {"amount_fen": "5000", "payee_masked": "139****9999"},
    "autopay_setup": {
        "bank_zh": "丰收样例银行",
        "bank_en": "Harvest Sample Bank",
        "card_tail": "2468",
    },
    "report_loss": {"reminder_on": (NOW + timedelta(days=7)).isoformat()},
    "emergency_resume": {
        "ends_at": (NOW + timedelta(days=1)).isoformat(),
        "cap_fen": "2000",
    },
    "query_balance": {"balance_fen": "-1250", "arrears_fen": "750", "held_fen": "500"},
    "query_bill": {
        "months": "2026-10",
        "bills": json.dumps(
            [
                {
                    "month": "2026-10",
                    "lines": [
                        [no, kind, fen]
                        for no, (kind, fen) in enumerate(
                            (
                                ("plan", 1900),
                                ("calls", 250),
                                ("data", 300),
                                ("messages", 30),
                                ("vas", 500),
                                ("discount", -300),
                            ),
                            1,
                        )
                    ],
                }
            ]
        ),
    },
    "dispute_charge": {
        "kind": "vas",
        "amount_fen": "500",
        "call_back_on": (NOW + timedelta(days=3)).isoformat(),
        "ticket_no": "150123456789",
    },
    "replace_sim": {"iccid_tail": "1234"},
    "query_my_numbers": {"case_no": "26112212345678"},
    "terminate_service": {"undo_until": (NOW + timedelta(hours=72)).isoformat()},
    "iptv_troubleshoot": {"line_tail": "9020", "box_tail": "7731"},
    "broadband_fault_ticket": _VISIT,
    "broadband_relocate": {
        **_VISIT,
        "address_zh": "开福区湘雅路60号",
        "address_en": "60 Xiangya Road, Kaifu",
    },
    "lodge_complaint": {
        "owner": "network_quality",
        "case_no": "26112200000017",
        "call_back_due": _IN_A_WEEK,
        "answer_due": _IN_A_WEEK,
    },
    "query_usage_detail": {"first_day": "2026-06-10", "last_day": "2026-11-22"},
    "query_allowance": {
        "plan_zh": "孝心卡19元",
        "plan_en": "Care card, 19 yuan",
        "reset_on": _IN_A_WEEK,
        "data_left": "3200",
        "data_all": "5000",
        "voice_left": "120",
        "voice_all": "200",
        "texts_left": "48",
        "texts_all": "50",
    },
    "change_plan": {
        "from_zh": "孝心卡19元",
        "from_en": "Care card, 19 yuan",
        "to_zh": "畅享129元",
        "to_en": "Easy plan, 129 yuan",
        "fee_before_fen": "1900",
        "data_more": "75000",
        "minutes_more": "1300",
        "texts_more": "150",
        "contract_months": "12",
    },
    "cancel_vas": {
        "ends_now": "news,weather,missed_calls",
        "ends_later": "ring_tone,video_pack,cloud_disk",
        "ends_at": _IN_A_WEEK,
        "saves_fen": "3400",
    },
    "toggle_roaming": {"first_day": "2026-11-22", "last_day": "2027-02-10", "days": "81"},
    "enable_anti_fraud": {"contact_state": "asked"},
}
