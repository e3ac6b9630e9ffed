"""Scripted agents choose what the customer's state allows, and say why they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from vcounter.actions import registry
from vcounter.simulator.people import practice_caller
from vcounter.simulator.scripts import ACTIONS, ScriptFailed, carry_out, choose_action

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("customer", "action"),
    [
        ({"state": "ACTIVE", "has_enrolment": True}, "query_puk"),
        ({"state": "ACTIVE", "has_enrolment": False}, "suspend_service"),
        ({"state": "SUSPENDED_VOL"}, "resume_service"),
        ({"state": "LOST_HOLD"}, "cancel_loss"),
    ],
)
def test_the_action_follows_the_customers_state(customer: Json, action: str) -> None:
    assert choose_action({"customer": customer}) == action


def test_a_state_without_an_action_is_a_failure_with_its_name() -> None:
    with pytest.raises(ScriptFailed, match="SUSPENDED_FRAUD"):
        choose_action({"customer": {"state": "SUSPENDED_FRAUD"}})


def test_every_action_of_one_holder_is_scripted_once() -> None:
    of_one = {id for id, action in registry.implemented().items() if not action.second_party}

    assert len(ACTIONS) == len(set(ACTIONS))
    assert set(ACTIONS) == of_one


class FakeDesk:
    """A visit in which every step ends as `step_state` and every order as `order_state`."""

    visit_id = "vis_1"

    def __init__(
        self,
        *,
        step_state: str = "done",
        order_state: str = "succeeded",
        card: str = "read",
        document: Json | None = None,
    ) -> None:
        self._card, self._document = card, document
        self.posted: list[tuple[str, Json]] = []
        self._step_state, self._order_state = step_state, order_state
        self._steps: list[Json] = []
        self._level = "L0"

    async def get(self, path: str) -> Any:
        return [{"code": "opened_year", "expected": "2012"}]

    async def post(self, path: str, body: Json | None = None, *, key: str = "") -> Any:
        self.posted.append((path, body or {}))
        if path.endswith(("/steps", "/sms_code")):
            step = {"id": f"stp_{len(self._steps)}", "state": self._step_state, "outcome": {}}
            self._steps.append(step)
            return step
        if path.endswith(("/decision", "/facts")):
            self._level = "L2"
        return {"id": "ord_1", "level": self._level, "missing": []}

    async def view(self) -> Json:
        return {
            "visit": {"state": "serving", "recording": "given"},
            "recording": {"state": "growing"},
            "steps": self._steps,
            "photos": [
                {"what": body["params"]["what"]}
                for _, body in self.posted
                if body.get("kind") == "photo" and self._step_state == "done"
            ],
            "step": None,
            "identity": {
                "missing": [],
                "needs_referee": False,
                "evidence": [],
                "comparing": False,
                "card": {"front": self._card, "back": "read"},
                "document": self._document,
            },
            "orders": [{"id": "ord_1", "state": self._order_state, "failure": "stale"}],
        }

    async def until(self, what: str, ready: Callable[[Json], bool], timeout_s: float) -> Json:
        view = await self.view()
        if not ready(view):
            raise ScriptFailed(f"{what}: never")
        return view


def _kinds(desk: FakeDesk) -> list[str]:
    return [body["kind"] for path, body in desk.posted if path.endswith("/steps")]


def test_an_action_of_level_l2_wants_card_document_face_and_decision() -> None:
    desk = FakeDesk(document={"failing": []})

    asyncio.run(carry_out(desk, practice_caller(0), "query_puk"))

    assert _kinds(desk) == ["consent", "card_front", "card_back", "face"]
    assert [path.rsplit("/", 1)[-1] for path, _ in desk.posted][-4:] == [
        "steps",
        "decision",
        "orders",
        "present",
    ]


@pytest.mark.parametrize(
    "desk",
    [FakeDesk(card="unreadable"), FakeDesk(), FakeDesk(document={"failing": ["number_differs"]})],
    ids=["unreadable", "unsure", "differs"],
)
def test_what_was_not_read_surely_is_keyed(desk: FakeDesk) -> None:
    asyncio.run(carry_out(desk, practice_caller(0), "query_puk"))

    keyed = [body for path, body in desk.posted if path.endswith("/document")]
    assert [body["name"] for body in keyed] == [practice_caller(0).demo.person.name]


def test_a_query_of_level_l1_wants_a_code_by_sms_alone() -> None:
    desk = FakeDesk()

    asyncio.run(carry_out(desk, practice_caller(0), "query_balance"))

    assert [path.rsplit("/", 1)[-1] for path, _ in desk.posted] == ["sms_code", "orders", "present"]


@pytest.mark.parametrize(
    ("action", "what"),
    [("iptv_troubleshoot", "error_screen"), ("remote_fault_tutoring", "device")],
)
def test_help_at_home_begins_with_a_photo(action: str, what: str) -> None:
    desk = FakeDesk()

    asyncio.run(carry_out(desk, practice_caller(0), action))

    [photo] = [body for path, body in desk.posted if path.endswith("/steps")]
    assert photo == {"kind": "photo", "params": {"what": what}}


def test_a_photo_that_is_declined_ends_the_script_with_its_name() -> None:
    desk = FakeDesk(step_state="declined")

    with pytest.raises(ScriptFailed, match="photo: declined"):
        asyncio.run(carry_out(desk, practice_caller(0), "remote_fault_tutoring"))


def test_a_wrong_code_is_a_failed_visit() -> None:
    desk = FakeDesk(step_state="failed")

    with pytest.raises(ScriptFailed, match="sms code: failed"):
        asyncio.run(carry_out(desk, practice_caller(0), "query_balance"))


def test_a_lost_card_is_reported_without_camera_or_card() -> None:
    desk = FakeDesk()

    asyncio.run(carry_out(desk, practice_caller(0), "report_loss"))

    assert _kinds(desk) == []
    assert desk.posted[0][0].endswith("/facts")


def test_an_order_that_failed_is_a_failed_visit() -> None:
    desk = FakeDesk(order_state="failed")

    with pytest.raises(ScriptFailed, match="order: failed stale"):
        asyncio.run(carry_out(desk, practice_caller(0), "report_loss"))


def test_a_step_that_was_declined_is_a_failed_visit() -> None:
    desk = FakeDesk(step_state="declined")

    with pytest.raises(ScriptFailed, match="consent: declined"):
        asyncio.run(carry_out(desk, practice_caller(0), "cancel_loss"))
