"""Delivery receipts as SMS centres write them: SMPP 3.4 §5.3.2.12, §5.3.2.35 and appendix B."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vcounter.services.ports import DeliveryReceipt

MESSAGE_ID_TLV = 0x001E
STATE_TLV = 0x0427
_KIND_MASK, _RECEIPT = 0x3C, 0x04  # esm_class, §5.2.12
_ID = re.compile(r"\bid:\s*(\S{1,65})", re.IGNORECASE)
_STATE = re.compile(r"\bstat:\s*([A-Z]{7})\b", re.IGNORECASE)
_ERROR = re.compile(r"\berr:\s*(\w{1,8})", re.IGNORECASE)
_STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 7: "UNKNOWN", 8: "REJECTD"}
_FINAL = frozenset(_STATES.values())


def read_receipt(
    esm_class: int, text: bytes, parameters: Mapping[int, bytes]
) -> DeliveryReceipt | None:
    """The receipt in a deliver_sm; None for a customer's message or a state that is not final.

    The optional parameters go before the text, whose form each centre chooses for itself.
    """
    if esm_class & _KIND_MASK != _RECEIPT:
        return None
    words = text.decode("latin-1")
    provider_id = parameters.get(MESSAGE_ID_TLV, b"").rstrip(b"\0").decode("latin-1")
    provider_id = provider_id or _first(_ID, words)
    state = _STATES.get(int.from_bytes(parameters.get(STATE_TLV, b"")), "")
    state = state or _first(_STATE, words).upper()
    if not provider_id or state not in _FINAL:
        return None
    if state == "DELIVRD":
        return DeliveryReceipt(provider_id, delivered=True)
    error = _first(_ERROR, words)
    reason = f"{state}-{error}" if error.strip("0") else state
    return DeliveryReceipt(provider_id, delivered=False, reason=reason)


def _first(pattern: re.Pattern[str], words: str) -> str:
    found = pattern.search(words)
    return found.group(1) if found else ""
