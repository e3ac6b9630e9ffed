"""Guesses and what else is counted for a number over all its visits, and how many are allowed.

NIST SP 800-63B §5.2.2: failed attempts on one account are limited, whatever session they come in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from vcounter.domain.ids import VisitId


class AttemptKind(StrEnum):
    """What is counted; stable codes."""

    CODE_SENT = "code_sent"
    CODE = "code"
    SERVICE_PASSWORD = "service_password"  # noqa: S105  # the name of a kind, not a secret
    FACTS = "facts"
    QUESTIONS = "questions"
    UPLOAD = "upload"
    FRAUD = "fraud"  # a mark of suspected fraud, not a guess


class AttemptOutcome(StrEnum):
    """`open` counts as much as `wrong`: a guess whose answer never came may have been one."""

    OPEN = "open"
    RIGHT = "right"
    WRONG = "wrong"
    VOID = "void"  # never judged, or taken back


@dataclass(frozen=True, slots=True)
class Attempt:
    """One counted event. `subject` is a keyed hash of the number: the number itself is not kept."""

    id: str
    kind: AttemptKind
    subject: str
    visit_id: VisitId
    at: datetime
    outcome: AttemptOutcome
    expires_at: datetime


class Window(StrEnum):
    """An hour goes along with the clock; a day is the tenant's own, from midnight to midnight."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    window: Window


COUNTED = frozenset({AttemptOutcome.OPEN, AttemptOutcome.WRONG})


def window_start(now: datetime, window: Window, zone: tzinfo) -> datetime:
    """Since when events count."""
    if window is Window.HOUR:
        return now - timedelta(hours=1)
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def wait_s(attempts: Iterable[Attempt], limit: Limit, now: datetime, zone: tzinfo) -> int:
    """Seconds until one more is allowed; 0 when it is allowed now."""
    since = window_start(now, limit.window, zone)
    counted = sorted(a.at for a in attempts if a.outcome in COUNTED and a.at >= since)
    if len(counted) < limit.most:
        return 0
    if limit.window is Window.DAY:
        over = since + timedelta(days=1)
    else:
        over = counted[-limit.most] + timedelta(hours=1)
    return max(1, math.ceil((over - now).total_seconds()))
