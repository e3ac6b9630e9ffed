"""The wish for large print reaches the page of the number's holder, and nobody else's."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.identity_world import IdentityWorld
from tests.fakes.order_world import NUMBER, SCOPE
from vcounter.services.ports import BssCommand, Link
from vcounter.services.visits import large_print
from vcounter.services.visits.customer_view import customer_view


async def wish(world: IdentityWorld, large: str = "yes") -> None:
    inputs = {"on_request": "yes", "large_print": large}
    version = (await world.record()).version
    command = BssCommand("wish-1", "set_elder_care_profile", NUMBER, version, inputs)
    await world.bss.execute(command)


async def came_by_link(world: IdentityWorld) -> None:
    now = world.clock.now()
    link = Link("hash", SCOPE.tenant_id, SCOPE.region, NUMBER, "zh-CN", now, now)
    async with world.deps.db.write(SCOPE) as uow:
        await uow.links.add(link)
        await uow.links.consume("hash", world.visit_id)


async def large(world: IdentityWorld) -> object:
    return (await customer_view(world.deps, world.customer))["large_print"]


async def test_who_came_by_the_numbers_link_gets_large_print(checked: IdentityWorld) -> None:
    await came_by_link(checked)
    assert await large(checked) is False

    await wish(checked)

    assert await large(checked) is True


async def test_who_keyed_a_number_learns_of_no_wish_before_a_code(checked: IdentityWorld) -> None:
    await wish(checked)
    assert await large(checked) is False

    await checked.prove("L1")

    assert await large(checked) is True


async def test_who_wanted_no_large_print_gets_none(checked: IdentityWorld) -> None:
    await came_by_link(checked)

    await wish(checked, "no")

    assert await large(checked) is False


async def test_the_page_does_not_wait_for_a_silent_operator(
    checked: IdentityWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    await came_by_link(checked)
    await wish(checked)

    async def silent(msisdn: str) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(checked.deps.bss, "find", silent, raising=False)
    monkeypatch.setattr(large_print, "ASK_S", 0.01)

    assert await large(checked) is False
