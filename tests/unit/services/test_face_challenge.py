"""The head-turn challenge from step to evidence, and what a passive detector may do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from tests.fakes.identity_world import ANNA, FakeLive, IdentityWorld
from tests.fakes.order_world import SCOPE
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.services.identity.face_challenge import FaceChallenges
from vcounter.services.ports import PassiveReport

DOUBT = PassiveReport(Outcome.REVIEW, 0.21, 0.5, "passive 1")
LIVE = PassiveReport(Outcome.PASSED, 0.93, 0.5, "passive 1")
_SHOWS = {"turn_left": b"anna@0.5", "turn_right": b"anna@-0.5"}


class Obedient(FakeLive):
    """A customer who turns the head when told to."""

    world: IdentityWorld

    async def direct(
        self, room: str, kind: str, body: Mapping[str, object], audience: object = ()
    ) -> None:
        await super().direct(room, kind, body, audience)
        if kind == "challenge":
            self.world.stream.shows = _SHOWS.get(str(body["phase"]), ANNA)


async def challenge(checked: IdentityWorld) -> tuple[Evidence, Step]:
    """Push the step, follow it, and return what is left of it."""
    checked.deps.live = obedient = Obedient()
    obedient.world = checked
    step = await checked.push(StepKind.FACE)
    FaceChallenges(checked.deps).ensure(SCOPE, checked.visit_id, step.id)
    async with asyncio.timeout(30):
        await checked.spawner.waiting.pop(0)
    async with checked.deps.db.read(SCOPE) as uow:
        ended = await uow.steps.get(step.id)
    [liveness] = await checked.evidence(EvidenceKind.LIVENESS)
    return liveness, ended


async def test_turned_head_passes_and_is_compared_and_watched(checked: IdentityWorld) -> None:
    liveness, step = await challenge(checked)

    assert (liveness.outcome, step.state) == (Outcome.PASSED, StepState.DONE)
    assert len(liveness.image_sha256) == 64
    [match] = await checked.evidence(EvidenceKind.FACE_MATCH)
    assert (match.outcome, match.image_id) == (Outcome.PASSED, liveness.image_id)
    assert len(checked.spawner.waiting) == 1  # the watcher of the face


@pytest.mark.parametrize("silent", [False, True], ids=["doubt", "silence"])
async def test_passive_doubt_turns_a_pass_into_review(checked: IdentityWorld, silent: bool) -> None:
    checked.lab.passive_word, checked.lab.passive_down = DOUBT, silent

    liveness, step = await challenge(checked)

    assert (liveness.outcome, step.state) == (Outcome.REVIEW, StepState.FAILED)
    assert step.outcome == {"result": "review", "reason": "passive_doubt"}
    assert liveness.detail["passive_engine"] == ("silent" if silent else "passive 1")
    assert (await checked.identity())["needs_referee"]


async def test_passive_word_of_a_live_face_is_kept(checked: IdentityWorld) -> None:
    checked.lab.passive_word = LIVE

    liveness, _ = await challenge(checked)

    assert liveness.outcome is Outcome.PASSED
    assert liveness.detail["passive_score"] == "0.930"
    assert liveness.detail["passive_threshold"] == "0.500"
