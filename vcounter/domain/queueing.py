"""Who is served next: a pure ranking of waiting visits, and the customer's place in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from vcounter.domain.ids import SkillGroupId, StaffId, VisitId
from vcounter.domain.visit import ELDER_AGE_YEARS, ELDER_PRIORITY, NORMAL_PRIORITY


@dataclass(frozen=True, slots=True)
class Waiting:
    """One visit in the queue, as far as ranking needs it."""

    visit_id: VisitId
    skill_group_id: SkillGroupId
    priority: int
    entered_at: datetime
    missed_by: frozenset[StaffId] = frozenset()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """One ready agent and the groups they serve; `ready_since` makes the longest idle go first."""

    staff_id: StaffId
    skill_group_ids: frozenset[SkillGroupId]
    ready_since: datetime


def rank(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Order by priority, then by time of joining, then by id so that ties are stable."""
    return sorted(waiting, key=lambda w: (w.priority, w.entered_at, w.visit_id))


def pair(
    waiting: Iterable[Waiting], free: Collection[FreeAgent]
) -> list[tuple[Waiting, FreeAgent]]:
    """Give each waiting visit, in rank order, the longest-idle agent of its skill group.

    An agent who missed this very visit gets it again only when nobody else of the group is free.
    O(visits x agents); callers pass at most the free agents and the head of the queue.
    """
    idle: list[FreeAgent] = sorted(free, key=lambda a: (a.ready_since, a.staff_id))
    pairs: list[tuple[Waiting, FreeAgent]] = []
    for visit in rank(waiting):
        if not idle:
            break
        able = [a for a in idle if visit.skill_group_id in a.skill_group_ids]
        fresh = [a for a in able if a.staff_id not in visit.missed_by]
        chosen = next(iter(fresh or able), None)
        if chosen is not None:
            idle.remove(chosen)
            pairs.append((visit, chosen))
    return pairs


@dataclass(frozen=True, slots=True)
class Place:
    """The customer's place: how many are ahead (>= 0) and the expected wait in seconds."""

    ahead: int
    wait_s: int


def place_of(
    visit_id: VisitId, waiting: Sequence[Waiting], agents_on: int, handle_s: float
) -> Place:
    """Estimate as (ahead + 1) x mean handling time / agents on duty, at least 15 s.

    `agents_on` counts signed-in agents of the group who are not on a break; with none of them the
    estimate assumes one, because a number that never moves is worse than a rough one.
    """
    mine = next(w for w in waiting if w.visit_id == visit_id)
    group = [w for w in rank(waiting) if w.skill_group_id == mine.skill_group_id]
    ahead = next(i for i, w in enumerate(group) if w.visit_id == visit_id)
    wait_s = (ahead + 1) * handle_s / max(agents_on, 1)
    return Place(ahead=ahead, wait_s=max(15, round(wait_s)))


def priority_for(birth: date | None, today: date, *, asked: bool = False) -> int:
    """65 and older go first, and who `asked` for elder care; an unknown age counts as younger."""
    if asked:
        return ELDER_PRIORITY
    if birth is None:
        return NORMAL_PRIORITY
    return ELDER_PRIORITY if age_on(birth, today) >= ELDER_AGE_YEARS else NORMAL_PRIORITY


def age_on(birth: date, today: date) -> int:
    """Full years of age on a day, in the tenant's time zone."""
    had_birthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (0 if had_birthday else 1)
