"""Billing cycles: calendar months in the operator's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def cycle_of(moment: datetime, zone: ZoneInfo) -> str:
    """The name of the cycle that a moment lies in, such as 2026-11."""
    return f"{moment.astimezone(zone):%Y-%m}"


def next_cycle(moment: datetime, zone: ZoneInfo) -> datetime:
    """The midnight that begins the cycle after this moment."""
    first = moment.astimezone(zone).date().replace(day=1)
    return midnight((first + timedelta(days=32)).replace(day=1), zone, moment)


def midnight(day: date, zone: ZoneInfo, like: datetime) -> datetime:
    """The beginning of a day in the zone, written in the zone of `like`."""
    return datetime.combine(day, time(), zone).astimezone(like.tzinfo)


def months_before(day: date, months: int) -> date:
    """The same day some months ago; the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
