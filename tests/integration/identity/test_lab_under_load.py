"""Many checks at once, and workers that die or hang in the middle of one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import numpy as np
import psutil
import pytest
import pytest_asyncio

from tests.integration.identity.scenes import keyframe, person, picture
from vcounter.adapters.identity import lab as lab_module
from vcounter.adapters.identity.lab import MAX_OF_VISIT, ModelLab
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.identity import Zone
from vcounter.services.ports import MatchReport
from vcounter.services.visits.on_behalf import current_owner, on_behalf_of
from vcounter.specimen.card import draw_front, phone_photo
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

HEAD = HeadModel(picture(portraits()["obama"].live))
FRAME = keyframe(HEAD.render(0.0))
LIVE = [encode_jpeg(HEAD.render(yaw)) for yaw in (-3.0, 0.0, 3.0)]
REFERENCE = portraits()["obama"].enrolment
CARD = encode_jpeg(phone_photo(draw_front(person()), np.random.default_rng(1)))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[ModelLab]:
    lab = ModelLab()
    await lab.start()
    yield lab
    await lab.stop()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Order and outcome are asked here, not speed: a busy machine must not decide."""
    for name in ("MEASURE_TIMEOUT_S", "COMPARE_TIMEOUT_S", "CARD_TIMEOUT_S"):
        monkeypatch.setattr(lab_module, name, 100.0)
    monkeypatch.setattr(lab_module, "WAIT_S", 300.0)


async def test_twenty_checks_at_once_are_all_answered_and_in_turn(lab: ModelLab):
    """One visit asks six times before six others ask once each; faces in motion come first."""
    ended: list[str] = []

    async def check(visit: str, kind: str) -> object:
        with on_behalf_of(visit):
            answer: object
            match kind:
                case "compare":
                    answer = await lab.compare(LIVE, REFERENCE)
                case "card":
                    answer = await lab.inspect_card(CARD, "front", None)
                case _:
                    answer = await lab.measure(FRAME)
        ended.append(f"{kind} {visit}")
        return answer

    greedy = [check("greedy", "compare") for _ in range(6)]
    others = [check(f"visit {n}", "compare") for n in range(6)]
    cards = [check(f"visit {n}", "card") for n in range(4)]
    faces = [check(f"visit {n}", "face") for n in range(4)]
    answers = await asyncio.gather(*greedy, *others, *cards, *faces)

    assert len(answers) == 20
    assert {a.zone for a in answers if isinstance(a, MatchReport)} == {Zone.MATCH}
    third = [n for n, name in enumerate(ended) if name == "compare greedy"][2]
    assert all(ended.index(f"compare visit {n}") < third for n in range(6))
    assert max(ended.index(f"face visit {n}") for n in range(4)) < len(ended) - 8
    assert current_owner() == ""


async def test_visit_that_floods_is_told_so_and_nobody_else_is(lab: ModelLab):
    async def card(visit: str) -> str:
        with on_behalf_of(visit):
            try:
                await lab.inspect_card(CARD, "back", None)
            except MediaUnavailable as error:
                return str(error.fields["reason"])
        return "answered"

    said = await asyncio.gather(*(card("flood") for _ in range(12)), card("patient"))

    assert said[-1] == "answered"
    assert said.count("busy") == 12 - MAX_OF_VISIT
    assert said.count("answered") == MAX_OF_VISIT + 1


Check = Callable[[ModelLab], Awaitable[object]]
HEAVY: dict[str, Check] = {
    "compare": lambda lab: lab.compare(LIVE * 3, REFERENCE),
    "read_card": lambda lab: lab.read_card(CARD, "front"),
}


@pytest.mark.parametrize("kind", sorted(HEAVY))
async def test_worker_killed_in_the_middle_is_no_answer(lab: ModelLab, kind: str):
    (worker,) = lab._heavy.pids()
    task = asyncio.ensure_future(HEAVY[kind](lab))
    await _busy(worker)

    os.kill(worker, signal.SIGKILL)

    with pytest.raises(MediaUnavailable) as error:
        await task
    assert error.value.fields == {"reason": "crashed"}
    await lab.start()  # until the next worker is there


async def test_worker_that_hangs_is_late_and_replaced(
    lab: ModelLab, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lab_module, "COMPARE_TIMEOUT_S", 0.5)
    (before,) = lab._heavy.pids()
    os.kill(before, signal.SIGSTOP)

    with pytest.raises(MediaUnavailable) as error:
        await lab.compare(LIVE, REFERENCE)

    assert error.value.fields == {"reason": "time_out"}
    monkeypatch.setattr(lab_module, "COMPARE_TIMEOUT_S", 100.0)
    assert (await lab.compare(LIVE, REFERENCE)).zone is Zone.MATCH
    assert lab._heavy.pids() != [before]


async def test_live_worker_that_hangs_measures_nothing(
    lab: ModelLab, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lab_module, "MEASURE_TIMEOUT_S", 0.5)
    (before,) = lab._live.pids()
    os.kill(before, signal.SIGSTOP)

    with pytest.raises(MediaUnavailable):
        await lab.measure(FRAME)

    monkeypatch.setattr(lab_module, "MEASURE_TIMEOUT_S", 100.0)
    await lab.start()
    assert (await lab.measure(FRAME)).faces == 1


async def _busy(pid: int) -> None:
    """Wait until the worker has begun to compute."""
    process = psutil.Process(pid)
    before = process.cpu_times().user
    async with asyncio.timeout(20):
        while process.cpu_times().user - before < 0.05:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.005)
