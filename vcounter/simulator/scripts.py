"""What a scripted agent does for each action, step by step, as a trained one would."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from vcounter.actions import registry
from vcounter.domain.identity import Level
from vcounter.simulator.api import ApiProblem, Json
from vcounter.simulator.people import NEW_CONTACT, Caller

FACE_TRIES = 3
CARD_S, FACE_S, ANSWER_S, ORDER_S = 90.0, 120.0, 60.0, 90.0  # long enough for a busy machine
READING_S = 60.0
ACTIONS = (
    "suspend_service",
    "resume_service",
    "report_loss",
    "cancel_loss",
    "query_puk",
    "reset_service_password",
    "emergency_resume",
    "query_balance",
    "query_bill",
    "dispute_charge",
    "remote_fault_tutoring",
    "iptv_troubleshoot",
    "broadband_fault_ticket",
    "broadband_relocate",
    "lodge_complaint",
    "query_usage_detail",
    "query_allowance",
    "change_plan",
    "cancel_vas",
    "toggle_roaming",
    "toggle_feature",
    "enable_anti_fraud",
    "set_elder_care_profile",
    "update_contact",
    "replace_sim",
    "query_my_numbers",
    "terminate_service",
    "top_up_payment",
    "autopay_setup",
)
INPUTS: Mapping[str, Mapping[str, str]] = {
    "suspend_service": {"scope": "both"},
    "report_loss": {"call_back": "13900009001", "place": "菜市场"},
    "emergency_resume": {"reason": "medical"},
    "top_up_payment": {"amount": "30"},
    "dispute_charge": {"item": "1", "reason": "wrong_amount"},
    "remote_fault_tutoring": {"device": "phone", "symptom": "text_small"},
    "iptv_troubleshoot": {"symptom": "no_signal", "remedy": "reset"},
    "broadband_fault_ticket": {"symptom": "red_light"},
    "broadband_relocate": {"new_address": "湘雅路60号"},
    "update_contact": {"new_contact": NEW_CONTACT},
    "set_elder_care_profile": {"on_request": "yes", "watch_yuan": "20"},
    "lodge_complaint": {"category": "network", "words": "家里信号不好"},
    "change_plan": {"target_plan": "easy129"},
    "cancel_vas": {"ring_tone": "true", "news": "true"},
    "toggle_roaming": {"switch": "on", "zone": "hk_mo_tw", "device_checked": "yes"},
    "toggle_feature": {"feature": "long_distance", "switch": "off"},
    "enable_anti_fraud": {"level": "high", "alert_contact": "13900009001"},
    "replace_sim": {"stage": "order", "delivery": "post"},
    "query_my_numbers": {"objection": "yes", "words": "有一个号码不是我办的"},
    "terminate_service": {"refund": "number", "refund_to": "13900009001"},
}
PHOTOGRAPHED: Mapping[str, str] = {
    "remote_fault_tutoring": "device",
    "iptv_troubleshoot": "error_screen",
}
_AT_HOME = frozenset({"broadband_fault_ticket", "broadband_relocate"})
_CALL_BACK = "13900009001"
_FINAL = frozenset({"succeeded", "failed", "declined", "expired", "cancelled"})


class ScriptFailed(Exception):
    """The visit cannot be finished as scripted; the text names the stage and the reason."""


class Desk(Protocol):
    """What a script needs of the agent's side of one visit."""

    visit_id: str

    async def get(self, path: str) -> Any: ...
    async def post(self, path: str, body: Json | None = None, *, key: str = "") -> Any: ...
    async def view(self) -> Json:
        """The visit as the agent sees it now."""
        ...

    async def until(self, what: str, ready: Any, timeout_s: float) -> Json:
        """The first view for which `ready(view)` holds. Raises ScriptFailed."""
        ...


async def carry_out(desk: Desk, caller: Caller, action_id: str) -> None:
    """Identify the customer as the action wants it, carry it out, and see it settled.

    Raises ScriptFailed, ApiProblem.
    """
    await desk.until("media", _media_are_up, ANSWER_S)
    inputs = _inputs(action_id)
    match registry.action(action_id).needed(inputs):
        case Level.L0:
            pass
        case Level.L1:
            await _know_by_code(desk)
        case Level.L1A:
            await _know_by_facts(desk, caller)
        case _:
            await _identify(desk, caller)
    if action_id == "update_contact":
        await _code(desk, "contact_code", None)
        await _code(desk, "new_contact_code", {"msisdn": NEW_CONTACT})
    if action_id in PHOTOGRAPHED:
        await _photo(desk, PHOTOGRAPHED[action_id])
    await _order(desk, action_id, inputs)


async def _photo(desk: Desk, what: str) -> None:
    """See what the customer sees, as far as the pictures' list tells."""
    await _step(desk, "photo", {"what": what}, ANSWER_S)
    await desk.until("photo", lambda v: [p for p in v["photos"] if p["what"] == what], ANSWER_S)


def _inputs(action_id: str) -> dict[str, str]:
    """What the agent fills in; the bill of the month before last is always there.

    A fitter's day differs from visit to visit, so that no crew is asked for too often.
    """
    inputs = dict(INPUTS.get(action_id, {}))
    today = datetime.now(UTC).date()
    if action_id == "dispute_charge":
        inputs["month"] = f"{today.replace(day=1) - timedelta(days=40):%Y-%m}"
    if action_id == "toggle_roaming":
        inputs["until_date"] = (today + timedelta(days=5)).isoformat()
    if action_id in _AT_HOME:
        day = today + timedelta(days=2 + secrets.randbelow(12))
        inputs |= {"day": day.isoformat(), "half": secrets.choice(("morning", "afternoon"))}
    return inputs


def choose_action(view: Json) -> str:
    """An action that the customer's state allows and that can be repeated without end."""
    customer = view["customer"] or {}
    match customer.get("state"):
        case "LOST_HOLD":
            return "cancel_loss"
        case "SUSPENDED_VOL":
            return "resume_service"
        case "ACTIVE":
            return "query_puk" if customer.get("has_enrolment") else "suspend_service"
        case state:
            raise ScriptFailed(f"no action for state {state}")


def _media_are_up(view: Json) -> bool:
    if view["visit"]["recording"] != "given":
        return bool(view["customer_online"])
    return str(view["recording"]["state"]) == "growing"


async def _know_by_facts(desk: Desk, caller: Caller) -> None:
    """Level L1a: what a caller at 3 a.m. can tell without a document."""
    questions = await desk.get(f"/visits/{desk.visit_id}/questions")
    if not questions:
        raise ScriptFailed("facts: no control question")
    known = caller.document()
    identity = await desk.post(
        f"/visits/{desk.visit_id}/facts",
        {
            "name": known["name"],
            "document_number": known["number"],
            "fact_code": questions[0]["code"],
            "answer": questions[0]["expected"],
            "call_back": _CALL_BACK,
        },
    )
    if identity["level"] == "L0":
        raise ScriptFailed("facts: level is still L0")


async def _know_by_code(desk: Desk) -> None:
    """Level L1: a code by SMS, keyed on the customer's own pad."""
    await _code(desk, "sms_code", None)


async def _code(desk: Desk, path: str, body: Json | None) -> None:
    step = await desk.post(f"/visits/{desk.visit_id}/{path}", body)
    step_id = str(step["id"])
    ended = _find(
        await desk.until(path.replace("_", " "), lambda v: _ended(v, step_id), ANSWER_S), step_id
    )
    if ended["state"] != "done":
        raise ScriptFailed(f"{path.replace('_', ' ')}: {ended['state']}")


async def _identify(desk: Desk, caller: Caller) -> None:
    """Level L2: card, document, live face, and the agent's own decision."""
    await _step(desk, "consent", {"topic": "face"}, ANSWER_S)
    await _step(desk, "card_front", {}, CARD_S)
    await _step(desk, "card_back", {}, CARD_S)
    await _face(desk)
    await _document(desk, caller)
    view = await desk.view()
    if view["identity"]["needs_referee"]:
        raise ScriptFailed(f"identity: needs a referee ({_reasons(view)})")
    identity = await desk.post(
        f"/visits/{desk.visit_id}/decision",
        {"outcome": "passed", "reason": "same person, card and record agree"},
    )
    if identity["level"] != "L2":
        raise ScriptFailed(f"identity: {identity['level']}, missing {identity['missing']}")


async def _document(desk: Desk, caller: Caller) -> None:
    """Take the card's reading where it is sure; key what the picture shows where it is not."""
    view = await desk.until("reading", _is_read, READING_S)
    document = view["identity"]["document"]
    if document is None or document["failing"]:
        await desk.post(f"/visits/{desk.visit_id}/document", {**caller.document(), "authority": ""})


def _is_read(view: Json) -> bool:
    """Read, with its meaning known; or not readable, so that nothing more is to be expected."""
    card = view["identity"]["card"]
    if "unreadable" in (card["front"], card["back"]):
        return True
    read = card["front"] == card["back"] == "read"
    return read and (view["identity"]["document"] is not None or not view["identity"]["comparing"])


async def _face(desk: Desk) -> None:
    """The head-turn challenge, again if the customer was clumsy; then wait for the comparison."""
    for attempt in range(FACE_TRIES):
        ended = await _push_and_wait(desk, "face", {}, FACE_S)
        if ended["state"] == "done":
            break
        if attempt == FACE_TRIES - 1:
            raise ScriptFailed(f"face: {ended['outcome']}")
    await desk.until("face match", lambda v: "face_match" not in v["identity"]["missing"], ANSWER_S)


async def _order(desk: Desk, action_id: str, inputs: dict[str, str]) -> None:
    body = {"action_id": action_id, "inputs": inputs}
    path = f"/visits/{desk.visit_id}/orders"
    order = await desk.post(path, body, key=secrets.token_hex(8))
    order_id = order["id"]
    await desk.post(f"/orders/{order_id}/present")
    view = await desk.until("order", lambda v: _state(v, order_id) in _FINAL, ORDER_S)
    state = _state(view, order_id)
    if state != "succeeded":
        raise ScriptFailed(f"order: {state} {_order_of(view, order_id).get('failure')}")
    # A disclosure is on the customer's screen now: they read it in peace.
    await desk.until("disclosure", lambda v: v["step"] is None, ANSWER_S)


async def _step(desk: Desk, kind: str, params: dict[str, str], timeout_s: float) -> None:
    ended = await _push_and_wait(desk, kind, params, timeout_s)
    if ended["state"] != "done":
        raise ScriptFailed(f"{kind}: {ended['state']} {ended['outcome']}")


async def _push_and_wait(desk: Desk, kind: str, params: dict[str, str], timeout_s: float) -> Json:
    """The step as it ended."""
    try:
        step = await desk.post(f"/visits/{desk.visit_id}/steps", {"kind": kind, "params": params})
    except ApiProblem as problem:
        raise ScriptFailed(f"{kind}: {problem}") from problem
    step_id = str(step["id"])
    return _find(await desk.until(kind, lambda v: _ended(v, step_id), timeout_s), step_id)


def _find(view: Json, step_id: str) -> Json:
    found: Json = next((s for s in view["steps"] if s["id"] == step_id), {})
    return found


def _ended(view: Json, step_id: str) -> bool:
    return str(_find(view, step_id).get("state", "pushed")) != "pushed"


def _order_of(view: Json, order_id: str) -> Json:
    found: Json = next((o for o in view["orders"] if o["id"] == order_id), {})
    return found


def _state(view: Json, order_id: str) -> str:
    return str(_order_of(view, order_id).get("state", ""))


def _reasons(view: Json) -> str:
    """The evidence that did not pass, for the failure's text."""
    weak = [e for e in view["identity"]["evidence"] if e["outcome"] != "passed"]
    return ", ".join(f"{e['kind']} {e['outcome']} {e['zone'] or ''}".strip() for e in weak)
