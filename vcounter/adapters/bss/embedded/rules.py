"""The operator's preconditions and prices, pure: a record, inputs and a moment in, checks out.

`docs/actions.md` lists every check code; it is the i18n suffix of
`problem.precondition_failed.<code>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vcounter.adapters.bss.embedded.record import ACTIVE, Record
from vcounter.domain.errors import NotFound
from vcounter.services.ports import Check

KEEP_NUMBER_FEN_A_MONTH = 500
BOOKING_DAYS = 90
RESUME_WITHIN = timedelta(hours=24)
REMIND_AFTER = timedelta(days=7)
RESET_EVERY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the rules: which number, with what, now, in which zone."""

    record: Record
    inputs: Mapping[str, str]
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def start_date(self) -> date:
        """The day a suspension is asked from; today when none was given."""
        text = self.inputs.get("start_date", "")
        return date.fromisoformat(text) if text else self.today

    @property
    def starts_at(self) -> datetime:
        """Now for today, else the midnight that begins the day."""
        if self.start_date <= self.today:
            return self.now
        return datetime.combine(self.start_date, time(), self.zone).astimezone(self.now.tzinfo)


Rule = Callable[[Asked], tuple[Check, ...]]


def _not_lost(asked: Asked) -> Check:
    return Check("not_lost", "lost" not in asked.record.stops)


def _suspend(asked: Asked) -> tuple[Check, ...]:
    record = asked.record
    latest = asked.today + timedelta(days=BOOKING_DAYS)
    return (
        _not_lost(asked),
        Check("is_active", record.state(asked.now) == ACTIVE),
        Check("no_open_order", not record.open_orders and "voluntary" not in record.stops),
        Check("start_date_allowed", asked.today <= asked.start_date <= latest),
    )


def _resume(asked: Asked) -> tuple[Check, ...]:
    """A voluntary stop only; a booked one may be withdrawn. Never over anybody else's stop."""
    stops = asked.record.stops
    return (
        _not_lost(asked),
        Check("stopped_by_customer", "voluntary" in stops),
        Check("no_debt_stop", "debt" not in stops),
        Check("no_police_stop", "police" not in stops),
        Check("no_fraud_stop", "fraud" not in stops),
    )


def _report_loss(asked: Asked) -> tuple[Check, ...]:
    record = asked.record
    return (
        _not_lost(asked),
        Check("active_or_suspended", record.state(asked.now) in (ACTIVE, "SUSPENDED_VOL")),
        Check("other_call_back", asked.inputs.get("call_back", "") != record.person.msisdn),
    )


def _cancel_loss(asked: Asked) -> tuple[Check, ...]:
    lost = asked.record.stops.get("lost")
    card = asked.record.card
    same = lost is not None and card is not None and card.card_id == lost.card_id
    return (Check("is_lost", lost is not None), Check("not_replaced", lost is None or same))


def _query_puk(asked: Asked) -> tuple[Check, ...]:
    card = asked.record.card
    named = asked.inputs.get("iccid", "")
    left = asked.inputs.get("tries_left", "")
    alive = card is not None and card.puk_tries_left > 0 and left != "0"
    return (
        _not_lost(asked),
        Check("card_in_use", card is not None),
        Check("card_matches", not named or (card is not None and card.iccid == named)),
        Check("card_alive", alive),
    )


def _reset_password(asked: Asked) -> tuple[Check, ...]:
    since = asked.record.password_set_at
    return (
        _not_lost(asked),
        Check("no_reset_in_24h", since is None or asked.now - since >= RESET_EVERY),
    )


_RULES: Mapping[str, Rule] = {
    "suspend_service": _suspend,
    "resume_service": _resume,
    "report_loss": _report_loss,
    "cancel_loss": _cancel_loss,
    "query_puk": _query_puk,
    "reset_service_password": _reset_password,
}


def checks(action_id: str, asked: Asked) -> tuple[Check, ...]:
    """Every precondition of an action. Raises NotFound for an action this system does not have."""
    rule = _RULES.get(action_id)
    if rule is None:
        raise NotFound("no such action", action_id=action_id)
    return rule(asked)


def price_fen(action_id: str) -> int:
    """Fen; for a suspension the fee of each month while it lasts."""
    return KEEP_NUMBER_FEN_A_MONTH if action_id == "suspend_service" else 0


def facts(action_id: str, asked: Asked) -> dict[str, str]:
    """What the customer should be told beyond price and date."""
    record = asked.record
    match action_id:
        case "suspend_service":
            return {"price_per": "month"}
        case "resume_service":
            stop = record.stops.get("voluntary")
            planned = stop is not None and not stop.bites(asked.now)
            latest = asked.now + RESUME_WITHIN
            return {"planned": "yes" if planned else "no", "latest": latest.isoformat()}
        case "report_loss":
            return {"reminder_on": (asked.now + REMIND_AFTER).isoformat()}
        case "cancel_loss":
            return {"state_after": state_without(record, "lost", asked.now)}
        case _:
            return {}


def state_without(record: Record, reason: str, now: datetime) -> str:
    """The state that would be left if one stop were lifted."""
    left = {r: s for r, s in record.stops.items() if r != reason}
    return replace(record, stops=left).state(now)
