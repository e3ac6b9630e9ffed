"""Steps on the customer's screen and by SMS: whole steps, bounded, sent once."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld, own_text
from vcounter.actions.howto_steps import HOW_TO, steps_for
from vcounter.domain.steps import StepKind
from vcounter.services.orders.how_to import MAX_CHARACTERS, how_to_text
from vcounter.services.orders.settle_orders import settle_orders
from vcounter.services.ports import Sms

ROOM = MAX_CHARACTERS - 30
ASKED: dict[str, object] = {"device": "phone", "symptom": "text_small"}


async def test_steps_come_up_on_the_screen_and_by_sms(world: OrderWorld) -> None:
    await world.carry_out("remote_fault_tutoring", **ASKED)

    step = await world.step()
    assert step.kind is StepKind.SHOW
    assert not step.sealed
    assert len(json.loads(step.params["lines"])) == len(HOW_TO["text_small"].steps)
    assert (NUMBER, "how_to") in await world.sent()


async def test_steps_are_sent_once_whatever_is_repeated(world: OrderWorld) -> None:
    await world.carry_out("remote_fault_tutoring", **ASKED)
    await settle_orders(world.deps, min_age_s=0)

    templates = [template for _, template in await world.sent()]
    assert templates.count("how_to") == 1


async def test_steps_go_in_the_operators_own_words_and_still_fit(world: OrderWorld) -> None:
    long = "某某公司。" * 80
    await own_text(world, "how_to", f"{long}{{steps}}", "Try {steps}")

    await world.carry_out("remote_fault_tutoring", **ASKED)

    (sent,) = [m for m in await world.inbox.recent() if m.template == "how_to"]
    assert sent.text.startswith(f"{long}1. ")
    assert sent.text.endswith("其余请问营业员。")
    assert len(sent.text) <= MAX_CHARACTERS


async def test_a_known_outcome_shows_and_sends_no_steps(world: OrderWorld) -> None:
    await world.carry_out("remote_fault_tutoring", **ASKED, outcome="unsolved")

    assert await world.current() is None
    assert [template for _, template in await world.sent()] == ["receipt.remote_fault_tutoring"]


def test_every_how_to_fits_and_keeps_whole_steps() -> None:
    for symptom in HOW_TO:
        assert len(how_to_text(steps_for(symptom, "zh-CN"), "zh-CN", ROOM)) <= ROOM
        assert len(how_to_text(steps_for(symptom, "en"), "en", ROOM)) <= ROOM


def test_what_does_not_fit_is_left_out_whole_and_said() -> None:
    text = how_to_text(tuple(f"step {n} " + "x" * 90 for n in range(9)), "en", ROOM)

    assert len(text) <= ROOM
    assert text.endswith("Ask us for the rest.")
    assert "step 3" in text
    assert "step 8" not in text


class Keeping:
    """A sender that remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[Sms] = []

    async def send(self, sms: Sms) -> None:
        self.sent.append(sms)


async def test_every_message_of_an_order_is_filed_with_its_visit(world: OrderWorld) -> None:
    """Else it would stand under the house's own name, another tenant's for all it knows."""
    keeping = Keeping()
    world.deps = replace(world.deps, sms=keeping)

    await world.carry_out("remote_fault_tutoring", **ASKED)

    assert {sms.template.split(".")[0] for sms in keeping.sent} == {"receipt", "how_to"}
    assert {(sms.scope, sms.visit_id) for sms in keeping.sent} == {(SCOPE, world.visit_id)}
