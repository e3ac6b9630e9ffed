"""Who is served next, and what a waiting customer is told."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vcounter.domain.ids import SkillGroupId, StaffId, VisitId
from vcounter.domain.queueing import FreeAgent, Waiting, age_on, pair, place_of, priority_for, rank
from vcounter.domain.visit import ELDER_PRIORITY, NORMAL_PRIORITY

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
GENERAL, ELDER = SkillGroupId("skg_general"), SkillGroupId("skg_elder")


def entry(
    name: str,
    *,
    after_s: int = 0,
    priority: int = NORMAL_PRIORITY,
    group: SkillGroupId = GENERAL,
    missed_by: frozenset[StaffId] = frozenset(),
) -> Waiting:
    return Waiting(
        VisitId(name), group, priority, NOW + timedelta(seconds=after_s), missed_by=missed_by
    )


def agent(name: str, *groups: SkillGroupId, idle_s: int = 0) -> FreeAgent:
    return FreeAgent(
        StaffId(name), frozenset(groups or (GENERAL,)), NOW - timedelta(seconds=idle_s)
    )


def test_elders_go_before_younger_customers_who_came_earlier() -> None:
    young, old = entry("vis_a"), entry("vis_b", after_s=60, priority=ELDER_PRIORITY)

    assert [w.visit_id for w in rank([young, old])] == ["vis_b", "vis_a"]


def test_the_longest_idle_agent_of_the_group_is_chosen() -> None:
    pairs = pair([entry("vis_a")], [agent("stf_new"), agent("stf_idle", idle_s=300)])

    assert pairs[0][1].staff_id == "stf_idle"


def test_an_agent_who_missed_a_visit_gets_it_only_when_nobody_else_is_free() -> None:
    missed = entry("vis_a", missed_by=frozenset({StaffId("stf_1")}))
    first, second = agent("stf_1", idle_s=60), agent("stf_2")

    assert pair([missed], [first, second])[0][1].staff_id == "stf_2"
    assert pair([missed], [first])[0][1].staff_id == "stf_1"


def test_agents_serve_only_their_groups() -> None:
    assert pair([entry("vis_a", group=ELDER)], [agent("stf_1", GENERAL)]) == []


def test_nobody_is_paired_when_no_agent_is_free() -> None:
    assert pair([entry("vis_a")], []) == []


@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from([GENERAL, ELDER])), max_size=12),
    st.integers(0, 8),
)
def test_no_agent_and_no_visit_is_paired_twice(
    entries: list[tuple[int, SkillGroupId]], agents: int
) -> None:
    waiting = [entry(f"vis_{i}", after_s=s, group=g) for i, (s, g) in enumerate(entries)]
    free = [agent(f"stf_{i}", GENERAL, ELDER, idle_s=i) for i in range(agents)]

    pairs = pair(waiting, free)

    assert len({w.visit_id for w, _ in pairs}) == len(pairs) == min(len(waiting), agents)
    assert len({a.staff_id for _, a in pairs}) == len(pairs)


def test_place_counts_only_the_own_group_and_divides_the_wait_by_agents_on_duty() -> None:
    queue = [entry("vis_a"), entry("vis_b", after_s=1, group=ELDER), entry("vis_c", after_s=2)]

    place = place_of(VisitId("vis_c"), queue, agents_on=2, handle_s=180)

    assert (place.ahead, place.wait_s) == (1, 180)


def test_wait_is_never_under_a_quarter_minute_nor_undefined_without_agents() -> None:
    queue = [entry("vis_a")]

    assert place_of(VisitId("vis_a"), queue, agents_on=100, handle_s=60).wait_s == 15
    assert place_of(VisitId("vis_a"), queue, agents_on=0, handle_s=60).wait_s == 60


def test_sixty_five_is_reached_on_the_birthday() -> None:
    birth = date(1961, 11, 21)

    assert priority_for(birth, date(2026, 11, 20)) == NORMAL_PRIORITY
    assert priority_for(birth, date(2026, 11, 21)) == ELDER_PRIORITY
    assert priority_for(None, date(2026, 11, 21)) == NORMAL_PRIORITY
    assert age_on(birth, date(2026, 11, 20)) == 64


def test_who_asked_for_elder_care_goes_first_at_any_age() -> None:
    today = date(2026, 11, 21)

    assert priority_for(date(1990, 1, 1), today, asked=True) == ELDER_PRIORITY
    assert priority_for(date(1990, 1, 1), today) == NORMAL_PRIORITY
    assert priority_for(None, today, asked=True) == ELDER_PRIORITY
