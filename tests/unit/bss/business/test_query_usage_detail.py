"""详单查询: the records of the days asked for, for one command, while they are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.operator_desk import OperatorDesk
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, seed_plans
from vcounter.adapters.bss.embedded.business.query_usage_detail import MAX_ROWS
from vcounter.adapters.bss.embedded.usage import Usage, add_usage
from vcounter.domain.errors import PreconditionFailed

OTHER = "13900004477"


async def call(desk: OperatorDesk, days_ago: int = 0, times: int = 1) -> None:
    at = desk.clock.now() - timedelta(days=days_ago)
    usages = [Usage(at - timedelta(minutes=n), "call_out", 61, 30, OTHER) for n in range(times)]
    async with desk.bss.store.transaction():
        await add_usage(desk.bss.books, desk.bss.vault.name(desk.msisdn), usages, desk.bss.zone)


async def test_record_is_shown_whole_to_the_holder_and_nowhere_else(desk: OperatorDesk) -> None:
    await call(desk)

    done = await desk.do("query_usage_detail", {})
    shown = await desk.bss.reveal("k1")

    assert dict(done.values) == {
        "first_day": "2026-11-01",
        "last_day": "2026-11-21",
        "state_after": "ACTIVE",
    }
    assert shown.headings == ("time", "kind", "other", "amount", "fee")
    assert shown.rows == (("2026-11-21 09:30", "call_out", OTHER, "61", "0.30"),)
    assert shown.left_out == 0
    assert OTHER not in repr(shown)


async def test_only_the_days_asked_for_are_shown(desk: OperatorDesk) -> None:
    for days_ago in (0, 3, 40):
        await call(desk, days_ago)

    await desk.do("query_usage_detail", {"from_date": "2026-11-10", "until_date": "2026-11-20"})

    assert [row[0][:10] for row in (await desk.bss.reveal("k1")).rows] == ["2026-11-18"]


async def test_latest_records_are_shown_and_the_rest_counted(desk: OperatorDesk) -> None:
    await call(desk, 1, MAX_ROWS + 7)
    await call(desk)

    await desk.do("query_usage_detail", {})
    shown = await desk.bss.reveal("k1")

    assert (len(shown.rows), shown.left_out) == (MAX_ROWS, 8)
    assert shown.rows[0][0] == "2026-11-21 09:30"
    assert list(shown.rows) == sorted(shown.rows, reverse=True)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"from_date": "2026-05-20"}, "records_kept"),
        ({"from_date": "2026-11-10", "until_date": "2026-11-09"}, "range_in_order"),
        ({"until_date": "2026-11-22"}, "range_in_order"),
    ],
)
async def test_days_that_cannot_be_shown_are_refused(
    desk: OperatorDesk, inputs: dict[str, str], code: str
) -> None:
    assert await desk.failing("query_usage_detail", inputs) == [code]
    assert await desk.failing("query_usage_detail", {"from_date": "2026-05-21"}) == []


async def test_records_are_deleted_when_their_time_is_over(desk: OperatorDesk) -> None:
    await call(desk)
    desk.clock.move(days=181)
    assert await desk.bss.move_time() == 0
    desk.clock.move(days=1)
    assert await desk.bss.move_time() == 1
    assert await desk.rows("SELECT 1 FROM usage_records") == []


async def test_disclosure_ends_after_ten_minutes(desk: OperatorDesk) -> None:
    await desk.do("query_usage_detail", {})
    desk.clock.move(minutes=11)

    with pytest.raises(PreconditionFailed):
        await desk.bss.reveal("k1")


async def test_seeds_give_six_months_that_do_not_move_with_the_hour(desk: OperatorDesk) -> None:
    demo = DEMO_PEOPLE[0]
    await seed_plans(desk.bss, demo)
    await seed_plans(desk.bss, demo)
    await desk.do("query_usage_detail", {"from_date": "2026-05-21"})
    shown = await desk.bss.reveal("k1")
    days = await desk.rows(
        "SELECT day, count(*) AS n FROM usage_records GROUP BY substr(day, 1, 7)"
    )

    assert 100 < len(shown.rows) + shown.left_out < 400
    assert len(days) == 7
    assert {row[1] for row in shown.rows} == {"call_out", "call_in", "text", "data"}
