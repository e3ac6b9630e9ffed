"""The person of the challenge is the person of the decision, or there is no decision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.identity_world import ANNA, BEN, IdentityWorld, settle
from tests.fakes.order_world import SCOPE
from vcounter.domain.errors import VisitGone, WrongState
from vcounter.domain.identity import EvidenceKind, Outcome, Source, Zone
from vcounter.domain.steps import StepKind, StepState
from vcounter.domain.visit import FaceConsent, VisitState
from vcounter.services.identity.compare_faces import compare_faces
from vcounter.services.identity.decide_identity import confirm_face, decide_as_agent, mark_coerced
from vcounter.services.identity.evidence import add_evidence
from vcounter.services.identity.presence import PresenceWatch, looks_away


@asynccontextmanager
async def watched(checked: IdentityWorld) -> AsyncIterator[asyncio.Task[object]]:
    """The watcher runs in the block; each `look` is one sample of it."""
    checked.presence.watch(SCOPE, checked.visit_id)
    task = asyncio.ensure_future(checked.spawner.waiting.pop())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def look(checked: IdentityWorld, shows: bytes | None, *, times: int = 1) -> None:
    """Let the watcher see this for so many samples, three seconds apart."""
    checked.stream.shows = shows
    for _ in range(times):
        asked = checked.stream.asked
        checked.clock.move(seconds=3)
        async with asyncio.timeout(10):
            while checked.stream.asked < asked + 2:  # the second began after the move
                checked.stream.looked.clear()
                await checked.stream.looked.wait()


async def outcomes(checked: IdentityWorld) -> list[Outcome]:
    return [e.outcome for e in await checked.evidence(EvidenceKind.PRESENCE)]


async def seen(checked: IdentityWorld) -> str:
    return str((await checked.identity())["presence"]["state"])


async def decide(checked: IdentityWorld) -> None:
    await decide_as_agent(
        checked.deps, checked.agent, checked.visit_id, Outcome.PASSED, "same person"
    )


async def test_face_that_stays_is_kept_once(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA, times=4)

    assert await outcomes(checked) == [Outcome.PASSED]
    [presence], [challenge] = (
        await checked.evidence(EvidenceKind.PRESENCE),
        await checked.evidence(EvidenceKind.LIVENESS),
    )
    assert presence.image_id == challenge.image_id
    assert presence.image_sha256 == challenge.image_sha256
    told = [body["state"] for kind, body in checked.live.sent if kind == "presence"]
    assert told == ["same"]


async def test_face_that_leaves_is_told_and_found_again(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA)
        await look(checked, b"", times=4)
        assert await seen(checked) == "absent"
        await look(checked, ANNA)
        assert await seen(checked) == "same"

    assert await outcomes(checked) == [Outcome.PASSED, Outcome.REVIEW, Outcome.PASSED]


async def test_second_face_is_told(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA)
        await look(checked, b"anna+ben", times=4)

        assert await seen(checked) == "second"
    assert (await outcomes(checked))[-1] is Outcome.REVIEW


async def test_line_that_breaks_is_an_absence_until_the_face_is_back(
    checked: IdentityWorld,
) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA)
        await look(checked, None, times=4)
        await look(checked, ANNA)

    assert await outcomes(checked) == [Outcome.PASSED, Outcome.REVIEW, Outcome.PASSED]


async def test_another_face_voids_the_challenge(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA)
        await look(checked, BEN, times=3)

    assert (await outcomes(checked))[-1] is Outcome.FAILED
    identity = await checked.identity()
    assert "liveness" in identity["missing"]
    assert identity["presence"]["state"] == "other"


async def test_another_face_that_the_engines_do_not_confirm_voids_nothing(
    checked: IdentityWorld,
) -> None:
    await checked.challenge()
    checked.lab.doubtful = True

    async with watched(checked):
        await look(checked, ANNA)
        await look(checked, BEN, times=3)

    assert Outcome.FAILED not in await outcomes(checked)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (StepKind.CARD_FRONT, {}),
        (StepKind.CARD_TILT, {}),
        (StepKind.CAMERA, {"facing": "environment"}),
        (StepKind.NUMBER_PAD, {"purpose": "service_password"}),
    ],
    ids=["card", "tilt", "rear camera", "sealed"],
)
async def test_nothing_is_judged_while_the_camera_looks_elsewhere(
    checked: IdentityWorld, kind: StepKind, params: dict[str, str]
) -> None:
    await checked.challenge()
    async with watched(checked):
        await look(checked, ANNA)
        await checked.push(kind, params)
        await settle(200)
        asked = checked.stream.asked
        checked.stream.shows = BEN

        for _ in range(5):
            checked.clock.move(seconds=3)
            await asyncio.sleep(0.02)

        assert checked.stream.asked <= asked + 1
    assert await outcomes(checked) == [Outcome.PASSED]


async def test_rear_camera_stays_until_the_front_one_is_asked_for(checked: IdentityWorld) -> None:
    rear = await checked.push(StepKind.CAMERA, {"facing": "environment"})
    rear.finish(StepState.DONE, checked.clock.now())
    assert looks_away([rear])
    checked.clock.move(seconds=1)
    front = await checked.push(StepKind.CAMERA, {"facing": "user"})

    assert not looks_away([rear, front])


async def test_decision_ends_the_watch(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked) as task:
        await look(checked, ANNA)
        checked.clock.move(seconds=1)
        await decide(checked)
        async with asyncio.timeout(5):
            await task

    assert await outcomes(checked) == [Outcome.PASSED, Outcome.PASSED]  # the last one confirmed it


@pytest.mark.parametrize("how", ["wrap-up", "duress"])
async def test_end_of_the_call_ends_the_watch(checked: IdentityWorld, how: str) -> None:
    await checked.challenge()

    async with watched(checked) as task:
        await look(checked, ANNA)
        if how == "duress":
            await mark_coerced(checked.deps, checked.agent, checked.visit_id, on=True)
        else:
            await checked.change_visit(state=VisitState.WRAP_UP)
        async with asyncio.timeout(5):
            await task

    assert (await checked.identity())["presence"]["state"] == "same"  # what was seen last


async def test_watch_is_taken_up_after_a_restart(checked: IdentityWorld) -> None:
    """A new process knows neither feature nor frames; both come from the stored picture."""
    await checked.challenge()
    async with watched(checked):
        await look(checked, ANNA)
    fresh = PresenceWatch(checked.deps, every_s=0.0)
    checked.deps.presence = checked.presence = fresh

    async with watched(checked):
        await look(checked, BEN, times=3)

    assert (await outcomes(checked))[-1] is Outcome.FAILED


async def test_newer_challenge_is_watched_instead(checked: IdentityWorld) -> None:
    await checked.challenge()

    async with watched(checked):
        await look(checked, ANNA)
        await checked.challenge(shows=BEN)
        await look(checked, BEN, times=3)

    last = (await checked.evidence(EvidenceKind.PRESENCE))[-1]
    assert last.outcome is Outcome.PASSED
    assert last.image_id == (await checked.evidence(EvidenceKind.LIVENESS))[-1].image_id


async def test_visit_without_a_challenge_is_not_watched(checked: IdentityWorld) -> None:
    async with watched(checked) as task, asyncio.timeout(5):
        await task

    assert await outcomes(checked) == []


# --- at the decision ------------------------------------------------------------------------------


async def test_decision_looks_again_with_three_frames(checked: IdentityWorld) -> None:
    await checked.challenge()

    await decide(checked)

    [presence] = await checked.evidence(EvidenceKind.PRESENCE)
    assert presence.outcome is Outcome.PASSED
    assert presence.detail["frames"] == "3"
    assert presence.detail["engine"] == "fake 1"
    assert len(await checked.evidence(EvidenceKind.AGENT_DECISION)) == 1


async def test_decision_uses_what_the_watcher_has_just_seen(checked: IdentityWorld) -> None:
    await checked.challenge()
    async with watched(checked):
        await look(checked, ANNA, times=3)
        checked.presence._every_s = 60.0
        await asyncio.sleep(0.05)
        asked = checked.stream.asked
        await decide(checked)

        assert checked.stream.asked == asked + 1  # one frame of this moment


async def test_swap_in_the_last_moment_is_seen(checked: IdentityWorld) -> None:
    """The watcher's frames of a few seconds ago do not outvote the one of this moment."""
    await checked.challenge()
    async with watched(checked):
        await look(checked, ANNA, times=3)
        checked.presence._every_s = 60.0
        await asyncio.sleep(0.05)
        checked.stream.shows = BEN

        with pytest.raises(WrongState):
            await decide(checked)

    last = (await checked.evidence(EvidenceKind.PRESENCE))[-1]
    assert (last.outcome, last.detail["state"]) == (Outcome.FAILED, "other")


LOST = {
    "gone": (b"", Outcome.REVIEW),
    "another": (BEN, Outcome.FAILED),
    "no picture": (None, Outcome.REVIEW),
}


@pytest.mark.parametrize("case", LOST)
async def test_agents_pass_is_refused_when_the_face_is_lost(
    checked: IdentityWorld, case: str
) -> None:
    await checked.challenge()
    checked.stream.shows, outcome = LOST[case]

    with pytest.raises(WrongState) as refused:
        await decide(checked)

    assert refused.value.fields["state"] == "presence_lost"
    assert await outcomes(checked) == [outcome]
    assert await checked.evidence(EvidenceKind.AGENT_DECISION) == []


async def test_two_faces_at_the_decision_refuse_it(checked: IdentityWorld) -> None:
    await checked.challenge()
    checked.stream.shows = b"anna+ben"

    with pytest.raises(WrongState):
        await decide(checked)

    [presence] = await checked.evidence(EvidenceKind.PRESENCE)
    assert (presence.outcome, presence.detail["reason"]) == (Outcome.REVIEW, "two_faces")


@pytest.mark.parametrize("case", ["killed", "doubtful"])
async def test_silent_or_doubtful_engine_never_confirms(checked: IdentityWorld, case: str) -> None:
    await checked.challenge()
    checked.lab.down, checked.lab.doubtful = case == "killed", case == "doubtful"

    with pytest.raises(WrongState):
        await decide(checked)

    assert await outcomes(checked) == [Outcome.REVIEW]


async def test_refusal_needs_no_face(checked: IdentityWorld) -> None:
    await checked.challenge()
    checked.stream.shows = b""

    await decide_as_agent(
        checked.deps, checked.agent, checked.visit_id, Outcome.FAILED, "a photograph"
    )

    assert await outcomes(checked) == []


async def test_visit_without_a_face_is_decided_without_one(checked: IdentityWorld) -> None:
    await checked.change_visit(face_consent=FaceConsent.REFUSED)
    await checked.challenge()
    async with checked.deps.db.write(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)
        await add_evidence(
            uow,
            checked.deps,
            visit,
            EvidenceKind.FACE_CONSENT,
            Outcome.FAILED,
            source=Source.CUSTOMER,
        )

    assert await confirm_face(checked.deps, SCOPE, checked.visit_id) is None
    assert checked.stream.asked == 0


async def test_another_agent_does_not_make_the_server_look(checked: IdentityWorld) -> None:
    await checked.challenge()
    await checked.change_visit(state=VisitState.WRAP_UP)

    with pytest.raises(VisitGone):
        await decide(checked)

    assert checked.stream.asked == 0


async def test_face_matches_survive_in_the_panel_only_for_their_challenge(
    checked: IdentityWorld,
) -> None:
    await checked.challenge()
    checked.deps.comparing.begin(checked.visit_id)
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)
    await compare_faces(checked.deps, visit)
    states = {a["code"]: a["state"] for a in (await checked.identity())["agreement"]}
    assert states["face_enrolment"] == "agrees"

    await checked.challenge()

    states = {a["code"]: a["state"] for a in (await checked.identity())["agreement"]}
    assert states["face_enrolment"] == "unknown"
    assert (await checked.evidence(EvidenceKind.FACE_MATCH))[-1].zone is Zone.MATCH
