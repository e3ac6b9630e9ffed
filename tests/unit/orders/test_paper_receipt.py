"""A receipt on paper: whose it is, what its code opens, and what it never carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld
from vcounter.domain.agent import Role
from vcounter.domain.errors import NotFound, VisitGone
from vcounter.domain.ids import OrderId, PartyId, StaffId, VisitId
from vcounter.domain.order import OrderState
from vcounter.services.context import sha256_hex
from vcounter.services.orders.order_views import UNDO_URL
from vcounter.services.orders.paper_receipt import print_for_customer, print_for_staff
from vcounter.services.orders.receipt_token import check_receipt, receipt_url
from vcounter.services.ports import PaperReceipt


class Press:
    """Keeps what it was asked to print."""

    def __init__(self) -> None:
        self.papers: list[PaperReceipt] = []

    async def print_receipt(self, paper: PaperReceipt) -> bytes:
        self.papers.append(paper)
        return b"%PDF"

    @property
    def last(self) -> PaperReceipt:
        return self.papers[-1]

    @property
    def text(self) -> str:
        return repr(self.last)


@pytest.fixture
def press(world: OrderWorld) -> Press:
    world.deps.receipts = press = Press()
    return press


async def verbs(world: OrderWorld, order_id: str) -> list[tuple[str, str]]:
    async with world.deps.db.read(SCOPE) as uow:
        return [(line.actor, line.verb) for _, line in await uow.audit.of_object(order_id)]


async def test_prints_both_languages_the_customers_first(world: OrderWorld, press: Press) -> None:
    order = await world.carry_out("suspend_service")

    await print_for_customer(world.deps, world.customer, order.id)

    first, second = press.last.pages
    assert (first.lang, second.lang) == ("zh-CN", "en")
    assert first.operator == "测试"
    assert ("营业员", "王芳 1023") in first.lines
    assert ("订单号", order.id) in first.notes
    assert any(heading == "想取消" for heading, _ in first.notes)
    assert any(heading == "To undo it" for heading, _ in second.notes)
    assert NUMBER not in press.text


async def test_the_customers_copy_opens_the_undo_link_and_leaves_an_audit_line(
    world: OrderWorld, press: Press
) -> None:
    order = await world.carry_out("suspend_service")

    await print_for_customer(world.deps, world.customer, order.id)

    assert press.last.qr == order.result[UNDO_URL]
    assert (world.customer.party.id, "receipt.print") in await verbs(world, order.id)


async def test_a_used_undo_link_gives_way_to_the_check_of_the_receipt(
    world: OrderWorld, press: Press
) -> None:
    order = await world.carry_out("suspend_service")
    token = order.result[UNDO_URL].rsplit("/", 1)[1]
    async with world.deps.db.write(SCOPE) as uow:
        assert await uow.links.consume(sha256_hex(token), world.visit_id)

    await print_for_customer(world.deps, world.customer, order.id)

    assert press.last.qr == receipt_url(world.deps, SCOPE, order.id)


async def test_an_undo_link_that_is_over_gives_way_too(world: OrderWorld, press: Press) -> None:
    order = await world.carry_out("suspend_service")
    world.clock.move(hours=world.deps.policy.link_ttl_h)

    await print_for_customer(world.deps, world.customer, order.id)

    assert "/r/" in press.last.qr


async def test_no_copy_of_the_staffs_carries_the_undo_link(world: OrderWorld, press: Press) -> None:
    order = await world.carry_out("suspend_service")

    await print_for_staff(world.deps, world.agent, order.id)

    assert order.result[UNDO_URL] not in press.text
    assert press.last.qr == receipt_url(world.deps, SCOPE, order.id)
    assert (world.agent.id, "receipt.print") in await verbs(world, order.id)


async def test_there_is_no_receipt_before_the_order_succeeded(
    world: OrderWorld, press: Press
) -> None:
    order_id = await world.prepare("suspend_service")

    for asked in (
        print_for_customer(world.deps, world.customer, order_id),
        print_for_staff(world.deps, world.agent, order_id),
    ):
        with pytest.raises(NotFound):
            await asked
    assert press.papers == []


@pytest.mark.parametrize("field", ["visit_id", "id"])
async def test_another_customers_receipt_is_not_found(
    world: OrderWorld, press: Press, field: str
) -> None:
    order = await world.carry_out("suspend_service")
    other = {"visit_id": VisitId("vis_other"), "id": PartyId("pty_other")}[field]
    party = replace(world.customer.party, **{field: other})  # type: ignore[arg-type]  # either id

    with pytest.raises(NotFound):
        await print_for_customer(world.deps, replace(world.customer, party=party), order.id)
    assert press.papers == []


@pytest.mark.parametrize(
    ("role", "prints"), [(Role.AGENT, False), (Role.TEAM_LEAD, True), (Role.ADMIN, True)]
)
async def test_of_other_staff_leads_and_administrators_print_alone(
    world: OrderWorld, press: Press, role: Role, prints: bool
) -> None:
    order = await world.carry_out("suspend_service")
    other = replace(world.agent, agent=replace(world.agent.agent, id=StaffId("stf_x"), role=role))

    if prints:
        await print_for_staff(world.deps, other, order.id)
    else:
        with pytest.raises(VisitGone):
            await print_for_staff(world.deps, other, order.id)
    assert len(press.papers) == prints


async def test_a_receipt_of_a_lookup_holds_no_disclosure(world: OrderWorld, press: Press) -> None:
    order = await world.carry_out("query_puk")

    await print_for_customer(world.deps, world.customer, order.id)

    assert "40718263" not in press.text


async def test_a_genuine_token_tells_what_was_done_and_nobodys_name(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")
    token = receipt_url(world.deps, SCOPE, order.id).rsplit("/", 1)[1]

    found = await check_receipt(world.deps, token)

    assert (found.tail, found.operator, found.undone) == ("6021", "测试", False)
    assert found.title_zh
    assert NUMBER not in repr(found)
    assert ("public", "receipt.check") in await verbs(world, order.id)


async def test_forged_tokens_are_all_unknown(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")
    draft = await world.prepare("query_puk", "form-2")
    token = receipt_url(world.deps, SCOPE, order.id).rsplit("/", 1)[1]
    name, tag = token.split(".")
    of_nothing = receipt_url(world.deps, SCOPE, OrderId("ord_none")).rsplit("/", 1)[1]
    unfinished = receipt_url(world.deps, SCOPE, draft).rsplit("/", 1)[1]

    forged = (
        f"{name}.{tag[:-1]}{'0' if tag[-1] != '0' else '1'}",
        f"{name}.",
        name,
        f"{name}A.{tag}",
        f".{tag}",
        "",
        "\u00e9.x",
        "A" * 5000,
        of_nothing,
        unfinished,
    )
    for one in forged:
        with pytest.raises(NotFound):
            await check_receipt(world.deps, one)


async def test_the_check_says_when_it_was_undone(world: OrderWorld) -> None:
    order = await world.carry_out("suspend_service")
    async with world.deps.db.write(SCOPE) as uow:
        done = await uow.orders.get(order.id)
        done.to(OrderState.REVERSED, world.clock.now() + timedelta(minutes=1))
        await uow.orders.save(done)

    token = receipt_url(world.deps, SCOPE, order.id).rsplit("/", 1)[1]

    assert (await check_receipt(world.deps, token)).undone
