"""A contact is entered only after codes: the new number's own, and the old contact's."""

from __future__ import annotations

import re

import pytest

from tests.fakes.order_world import CONTACT, NUMBER, OrderWorld
from vcounter.domain.errors import CodeWrong, PreconditionFailed
from vcounter.domain.order import OrderState
from vcounter.services.identity.contact_code import send_contact_code
from vcounter.services.identity.new_contact import send_new_contact_code
from vcounter.services.visits.answers import answer

NEW, OTHER = "13900009999", "13900008888"
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


async def code_sent(world: OrderWorld, to: str) -> str:
    message = (await world.inbox.messages(to))[0]
    found = _CODE.search(message.text)
    assert found is not None
    return found.group()


async def confirm_new(world: OrderWorld, number: str = NEW) -> None:
    step = await send_new_contact_code(world.deps, world.agent, world.visit_id, number)
    digits = await code_sent(world, number)
    await answer(world.deps, world.customer, step.id, {"digits": digits})


async def confirm_old(world: OrderWorld) -> None:
    step = await send_contact_code(world.deps, world.agent, world.visit_id)
    digits = await code_sent(world, CONTACT)
    await answer(world.deps, world.customer, step.id, {"digits": digits})


async def refused(world: OrderWorld, **inputs: object) -> object:
    with pytest.raises(PreconditionFailed) as refusal:
        await world.prepare("update_contact", **inputs)
    return refusal.value.fields["reason"]


async def test_both_codes_let_the_contact_be_changed(world: OrderWorld) -> None:
    await confirm_old(world)
    await confirm_new(world)

    order = await world.carry_out("update_contact", new_contact=NEW)

    assert order.state is OrderState.SUCCEEDED
    found = await world.bss.find(NUMBER)
    assert found is not None
    assert found.alternate_contact == NEW


async def test_without_the_new_numbers_code_nothing_is_prepared(world: OrderWorld) -> None:
    await confirm_old(world)

    assert await refused(world, new_contact=NEW) == "new_contact_confirmed"


async def test_another_numbers_code_does_not_count(world: OrderWorld) -> None:
    await confirm_old(world)
    await confirm_new(world, OTHER)

    assert await refused(world, new_contact=NEW) == "new_contact_confirmed"


async def test_the_old_contact_is_heard_unless_out_of_reach(world: OrderWorld) -> None:
    await confirm_new(world)

    assert await refused(world, new_contact=NEW) == "old_contact_confirmed"
    order = await world.carry_out("update_contact", new_contact=NEW, old_reachable="no")
    assert order.state is OrderState.SUCCEEDED
    assert order.result["at_once"] == "no"


async def test_a_wrong_code_confirms_nothing(world: OrderWorld) -> None:
    await confirm_old(world)
    step = await send_new_contact_code(world.deps, world.agent, world.visit_id, NEW)
    right = await code_sent(world, NEW)
    wrong = f"{(int(right) + 1) % 10**6:06d}"

    with pytest.raises(CodeWrong):
        await answer(world.deps, world.customer, step.id, {"digits": wrong})

    assert await refused(world, new_contact=NEW) == "new_contact_confirmed"


async def test_an_address_alone_wants_no_code(world: OrderWorld) -> None:
    order = await world.carry_out("update_contact", new_address="湘雅路60号")

    assert order.state is OrderState.SUCCEEDED


async def test_nobody_names_the_number_itself(world: OrderWorld) -> None:
    with pytest.raises(PreconditionFailed) as refusal:
        await send_new_contact_code(world.deps, world.agent, world.visit_id, NUMBER)

    assert refusal.value.fields["reason"] == "other_contact"


async def test_neither_step_nor_evidence_carries_the_new_number(world: OrderWorld) -> None:
    await confirm_new(world)

    async with world.deps.db.read(world.agent.scope) as uow:
        steps = await uow.steps.of_visit(world.visit_id)
        evidence = await uow.evidence.of_visit(world.visit_id)
    assert NEW not in str([s.params for s in steps])
    assert NEW not in str([e.detail for e in evidence])
