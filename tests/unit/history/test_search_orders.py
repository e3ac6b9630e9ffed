"""Looking orders up and taking them out: what is found, masked, bounded and audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld
from vcounter.domain.errors import InvalidInput
from vcounter.domain.ids import OrderId
from vcounter.services.history import export_orders as exporting
from vcounter.services.history import search_orders as searching
from vcounter.services.history.export_orders import export_orders
from vcounter.services.history.search_orders import OrderSearch, search_orders
from vcounter.services.ports import Sheet

EVERYTHING = OrderSearch()


class Writer:
    """Keeps the table it was asked to write."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []

    async def write_sheet(self, sheet: Sheet) -> bytes:
        self.sheets.append(sheet)
        return b"PK"


async def fill(world: OrderWorld, count: int) -> None:
    """Done orders of this visit, an hour apart, the newest now."""
    done = await world.carry_out("suspend_service")
    async with world.deps.db.write(SCOPE) as uow:
        for at in range(1, count):
            copy = replace(
                done,
                id=OrderId(f"ord_{at:03d}"),
                idempotency_key=f"copy-{at}",
                created_at=done.created_at - timedelta(hours=at),
                version=0,
            )
            await uow.orders.add(copy)


async def found(world: OrderWorld, search: OrderSearch) -> int:
    return len((await search_orders(world.deps, world.agent, search))["rows"])  # type: ignore[arg-type]  # the page's list


async def audited(world: OrderWorld, verb: str) -> list[dict[str, str]]:
    async with world.deps.db.read(SCOPE) as uow:
        lines = [line for _, line in await uow.audit.of_object("orders") if line.verb == verb]
    assert NUMBER not in repr(lines)
    return [dict(line.detail) for line in lines]


async def test_pages_follow_each_other_without_a_gap(
    world: OrderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "PAGE", 3)
    await fill(world, 7)
    search, sizes, ids = EVERYTHING, [], set()

    while True:
        page = await search_orders(world.deps, world.agent, search)
        rows: list[dict[str, str]] = page["rows"]  # type: ignore[assignment]  # the page's list
        sizes.append(len(rows))
        ids |= {row["id"] for row in rows}
        if page["next"] is None:
            break
        search = replace(search, cursor=str(page["next"]))

    assert (sizes, len(ids)) == ([3, 3, 1], 7)


async def test_rows_are_masked_and_name_the_agent(world: OrderWorld) -> None:
    await fill(world, 1)

    page = await search_orders(world.deps, world.agent, OrderSearch(msisdn="138 0000 6021"))

    (row,) = page["rows"]  # type: ignore[misc]  # the page's list
    assert row["msisdn_masked"] == "138****6021"
    assert row["agent"] == {"name": "王芳", "badge": "1023"}
    assert NUMBER not in repr(page)


async def test_each_field_narrows(world: OrderWorld) -> None:
    await fill(world, 2)

    assert await found(world, OrderSearch(action_id="suspend_service", state="succeeded")) == 2
    assert await found(world, OrderSearch(action_id="query_puk")) == 0
    assert await found(world, OrderSearch(state="failed")) == 0
    assert await found(world, OrderSearch(agent="1023")) == 2
    assert await found(world, OrderSearch(agent="9999")) == 0
    assert await found(world, OrderSearch(msisdn="13800006022")) == 0


async def test_days_are_the_tenants_and_the_last_one_counts(world: OrderWorld) -> None:
    """Shanghai is eight hours ahead: its day begins at 16:00 UTC of the day before."""
    await fill(world, 48)
    zone_day = (world.clock.now() + timedelta(hours=8)).date()
    hour = (world.clock.now() + timedelta(hours=8)).hour

    today = await found(world, OrderSearch(since=zone_day, until=zone_day))
    before = await found(world, OrderSearch(until=zone_day - timedelta(days=1)))

    assert today == hour + 1
    assert before == 48 - today


@pytest.mark.parametrize(
    ("search", "field"),
    [
        (OrderSearch(msisdn="123"), "msisdn"),
        (OrderSearch(action_id="no_such"), "action_id"),
        (OrderSearch(state="no_such"), "state"),
        (OrderSearch(since=date(2026, 2, 2), until=date(2026, 2, 1)), "until"),
        (OrderSearch(until=date.max), "until"),
        (OrderSearch(since=date.min), "since"),
        (OrderSearch(cursor="!!"), "cursor"),
        (OrderSearch(cursor="MjAyNi0wMS0wMXxvcmRfMQ"), "cursor"),  # a moment without a zone
    ],
)
async def test_what_cannot_be_looked_for_is_named(
    world: OrderWorld, search: OrderSearch, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await search_orders(world.deps, world.agent, search)

    assert refused.value.fields["field"] == field


async def test_every_search_is_audited_without_the_number(world: OrderWorld) -> None:
    await fill(world, 2)
    await found(world, OrderSearch(msisdn=NUMBER, state="succeeded"))

    assert await audited(world, "orders.search") == [{"state": "succeeded", "rows": "2"}]


async def test_an_export_holds_all_rows_in_words_and_masked(world: OrderWorld) -> None:
    await fill(world, 3)
    world.deps.sheets = writer = Writer()

    await export_orders(world.deps, world.agent, EVERYTHING, "zh-CN")
    await export_orders(world.deps, world.agent, EVERYTHING, "en")

    chinese, english = writer.sheets
    assert (len(chinese.rows), chinese.note) == (3, "")
    assert chinese.rows[0][1:4] == ("138****6021", "停机保号/主动停机", "已办成")
    assert english.headings[:4] == ("Time", "Number", "Action", "State")
    assert NUMBER not in repr(writer.sheets)
    assert await audited(world, "orders.export") == [{"rows": "3"}] * 2


async def test_an_export_is_bounded_and_says_so(
    world: OrderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_ROWS", 4)
    monkeypatch.setattr(exporting, "_BATCH", 2)
    await fill(world, 6)
    world.deps.sheets = writer = Writer()

    await export_orders(world.deps, world.agent, EVERYTHING, "zh-CN")

    (sheet,) = writer.sheets
    assert len(sheet.rows) == 4
    assert "4" in sheet.note


async def test_an_export_has_words_for_every_state(world: OrderWorld) -> None:
    assert set(exporting._STATES) == set(exporting.OrderState)
