"""What each action is told in the tests of its words: inputs, and what the operator answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # already the 22nd in Shanghai
CALL_BACK = "13900009999"

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
}
PRICES: Mapping[str, int] = {"suspend_service": 500}
OPERATOR: Mapping[str, Mapping[str, str]] = {
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
}
