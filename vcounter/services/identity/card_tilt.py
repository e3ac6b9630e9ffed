"""The customer tilts the card before the camera; the server watches whether light moves over it."""

from __future__ import annotations

import asyncio

from vcounter.domain.errors import MediaUnavailable, StepGone
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.steps import StepState
from vcounter.domain.visit import OPEN_STATES
from vcounter.services.context import Deps
from vcounter.services.identity.evidence import publish_identity
from vcounter.services.identity.read_cards import warn_flat
from vcounter.services.ports import AuditLine, Keyframe, Scope, TiltReport
from vcounter.services.visits.on_behalf import on_behalf_of
from vcounter.services.visits.steps import end_step

WATCH_S = 6.0
FRAMES = 8
KEYFRAME_WAIT_S = 1.0


class CardTilts:
    """At most one watch for each step; a step taken up again after a restart is watched anew.

    What is found is a warning beside the card's reading, never evidence: a copy may be laminated,
    and a card may lie in the shade.
    """

    def __init__(self, deps: Deps, *, watch_s: float = WATCH_S) -> None:
        self._deps, self._watch_s = deps, watch_s
        self._running: set[StepId] = set()

    def ensure(self, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
        """Start watching for a step that is up, unless that runs already."""
        if step_id not in self._running:
            self._running.add(step_id)
            self._deps.spawn(self._run(scope, visit_id, step_id), f"card tilt {step_id}")

    async def _run(self, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
        try:
            with on_behalf_of(visit_id):
                frames = await self._watch(scope, visit_id, step_id)
                if frames is not None:
                    await self._conclude(scope, visit_id, step_id, await self._judge(frames))
        finally:
            self._running.discard(step_id)

    async def _watch(
        self, scope: Scope, visit_id: VisitId, step_id: StepId
    ) -> list[Keyframe] | None:
        """About eight frames over the time; None if the step ended meanwhile."""
        frames: list[Keyframe] = []
        pause = self._watch_s / FRAMES
        for number in range(FRAMES):
            if not await self._is_up(scope, step_id):
                return None
            left = round(self._watch_s - number * pause)
            await self._tell(visit_id, step_id, "watching", left)
            try:
                frame = await self._deps.media.keyframe(visit_id, "customer", KEYFRAME_WAIT_S)
                frames.append(frame)
            except (MediaUnavailable, TimeoutError):
                pass  # a frame less to judge by
            await asyncio.sleep(pause)
        return frames

    async def _is_up(self, scope: Scope, step_id: StepId) -> bool:
        async with self._deps.db.read(scope) as uow:
            step = await uow.steps.get(step_id)
            visit = await uow.visits.get(step.visit_id)
        return step.state is StepState.PUSHED and visit.state in OPEN_STATES

    async def _judge(self, frames: list[Keyframe]) -> TiltReport:
        try:
            return await self._deps.lab.inspect_tilt(frames)
        except MediaUnavailable:
            return TiltReport(moved=None)

    async def _conclude(
        self, scope: Scope, visit_id: VisitId, step_id: StepId, report: TiltReport
    ) -> None:
        deps = self._deps
        result = {True: "moved", False: "still", None: "unknown"}[report.moved]
        try:
            async with deps.db.write(scope) as uow:
                visit = await uow.visits.get(visit_id)
                step = await uow.steps.get(step_id)
                await end_step(uow, deps.clock, visit, step, StepState.DONE, {"result": result})
                if report.moved is not None:
                    await warn_flat(uow, visit_id, flat=not report.moved)
                facts = {"result": result}
                await uow.audit.write(AuditLine("system", "card.tilt", visit_id, "", facts))
                await publish_identity(uow, deps, visit)
        except StepGone:
            return  # the agent was quicker
        await self._tell(visit_id, step_id, "done", 0)

    async def _tell(self, visit_id: VisitId, step_id: StepId, phase: str, left_s: int) -> None:
        body = {"step_id": step_id, "phase": phase, "left_s": left_s}
        await self._deps.live.direct(visit_id, "tilt", body)
