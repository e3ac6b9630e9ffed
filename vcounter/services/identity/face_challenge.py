"""The head-turn challenge: random, watched on the server's own frames, bound to the visit."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcounter.domain.challenge import CHALLENGE_BITS
from vcounter.domain.errors import MediaUnavailable, VisitGone
from vcounter.domain.identity import EvidenceKind, Outcome, Source
from vcounter.domain.ids import StepId, VisitId
from vcounter.domain.liveness import (
    STRAIGHT_OFFSET,
    Advice,
    TurnJudge,
    Verdict,
    new_challenge,
)
from vcounter.domain.steps import StepState
from vcounter.domain.visit import OPEN_STATES, Visit
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.identity.compare_faces import LIVE_FRAMES, compare_faces
from vcounter.services.identity.evidence import add_evidence, publish_identity, store_picture
from vcounter.services.ports import (
    AuditLine,
    FaceMeasure,
    ImageRow,
    PassiveReport,
    Scope,
    UnitOfWork,
)
from vcounter.services.visits.on_behalf import on_behalf_of
from vcounter.services.visits.open_visit import require_serving
from vcounter.services.visits.steps import end_step

SILENT_LIMIT = 12
PASSIVE_DOUBT = "passive_doubt"


@dataclass(slots=True)
class _Watch:
    """What one run has seen so far; features and frames live here and nowhere else."""

    judge: TurnJudge
    frames: list[FaceMeasure] = field(default_factory=list)
    feature: bytes = b""
    told: tuple[str, str] = ("", "")
    silent: int = 0


class FaceChallenges:
    """At most one challenge for each step; a step taken up again after a restart starts anew."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._running: set[StepId] = set()

    def ensure(self, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
        """Start the challenge of a step that is up, unless it runs already."""
        if step_id not in self._running:
            self._running.add(step_id)
            self._deps.spawn(self._run(scope, visit_id, step_id), f"face challenge {step_id}")

    async def _run(self, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
        try:
            with on_behalf_of(visit_id):
                await self._challenge(scope, visit_id, step_id)
        finally:
            self._running.discard(step_id)

    async def _challenge(self, scope: Scope, visit_id: VisitId, step_id: StepId) -> None:
        watch = _Watch(self._fresh_judge())
        while await self._is_up(scope, step_id):
            verdict = await self._look(visit_id, step_id, watch)
            if verdict is not None:
                await self._conclude(scope, visit_id, step_id, watch, verdict)
                return
            if watch.silent >= SILENT_LIMIT:
                watch = _Watch(self._fresh_judge())

    def _fresh_judge(self) -> TurnJudge:
        challenge = new_challenge(self._deps.ids.number(2**CHALLENGE_BITS))
        return TurnJudge(challenge, self._deps.clock.monotonic())

    async def _is_up(self, scope: Scope, step_id: StepId) -> bool:
        async with self._deps.db.read(scope) as uow:
            step = await uow.steps.get(step_id)
            visit = await uow.visits.get(step.visit_id)
        return step.state is StepState.PUSHED and visit.state in OPEN_STATES

    async def _look(self, visit_id: VisitId, step_id: StepId, watch: _Watch) -> Verdict | None:
        """One frame from the bridge, measured and judged; silence never passes."""
        deps = self._deps
        try:
            frame = await deps.media.keyframe(visit_id, "customer", 2.0)
            measure = await deps.lab.measure(frame)
            same = await self._is_same(watch, measure)
        except MediaUnavailable:
            watch.silent += 1
            await self._tell(visit_id, step_id, watch, Advice("straight", "no_picture"))
            return None
        watch.silent = 0
        advice = watch.judge.feed(measure, frame.at, same_person=same)
        watch.frames.append(measure)
        await self._tell(visit_id, step_id, watch, advice)
        return watch.judge.verdict

    async def _is_same(self, watch: _Watch, measure: FaceMeasure) -> bool:
        """Whether the face is still the one that began.

        Until the baseline stands, the newest straight face is the one to compare with: the first
        frame may be blurred or half turned. From then on it stays.
        """
        if measure.faces != 1 or not measure.feature:
            return True  # the judge sees the missing face itself
        if watch.judge.has_baseline:
            return await self._deps.lab.same_person(watch.feature, measure.feature)
        if not watch.feature or abs(measure.nose_offset) <= STRAIGHT_OFFSET:
            watch.feature = measure.feature
        return True

    async def _tell(
        self, visit_id: VisitId, step_id: StepId, watch: _Watch, advice: Advice
    ) -> None:
        told = (advice.phase, advice.hint)
        if told == watch.told:
            return
        watch.told = told
        body = {"step_id": step_id, "phase": advice.phase, "hint": advice.hint}
        await self._deps.live.direct(visit_id, "challenge", body)

    async def _conclude(
        self,
        scope: Scope,
        visit_id: VisitId,
        step_id: StepId,
        watch: _Watch,
        verdict: Verdict,
    ) -> None:
        deps = self._deps
        async with deps.db.read(scope) as uow:
            visit = await uow.visits.get(visit_id)
        kept = await self._store_frames(visit, watch, verdict)
        passive = await self._second_word(watch, verdict)
        deps.comparing.begin(visit_id)
        try:
            async with deps.db.write(scope) as uow:
                visit = await self._keep_verdict(uow, visit_id, step_id, verdict, passive, kept)
        except BaseException:
            await deps.comparing.end(visit_id)
            raise
        deps.presence.watch(scope, visit_id)
        await compare_faces(deps, visit)

    async def _second_word(self, watch: _Watch, verdict: Verdict) -> PassiveReport | None:
        """The passive detector's, on the best frames; None where none is set."""
        frames = [watch.frames[i].jpeg for i in verdict.best_frames[:LIVE_FRAMES]]
        frames = [jpeg for jpeg in frames if jpeg]
        if not frames:
            return None
        try:
            return await self._deps.lab.passive(frames)
        except MediaUnavailable:
            return PassiveReport(Outcome.REVIEW, 0.0, 0.0, "silent")

    async def _keep_verdict(
        self,
        uow: UnitOfWork,
        visit_id: VisitId,
        step_id: StepId,
        verdict: Verdict,
        passive: PassiveReport | None,
        kept: list[ImageRow],
    ) -> Visit:
        visit = await uow.visits.get(visit_id)
        step = await uow.steps.get(step_id)
        judged, detail = _with_second_word(verdict, passive)
        state = StepState.DONE if judged is Outcome.PASSED else StepState.FAILED
        outcome = {"result": judged.value, "reason": detail["reason"]}
        await end_step(uow, self._deps.clock, visit, step, state, outcome)
        for row in kept:
            await uow.images.add(row)
        await add_evidence(
            uow,
            self._deps,
            visit,
            EvidenceKind.LIVENESS,
            judged,
            source=Source.STREAM,
            image_id=kept[-1].id if kept else None,
            detail=detail,
        )
        await publish_identity(uow, self._deps, visit)
        return visit

    async def _store_frames(self, visit: Visit, watch: _Watch, verdict: Verdict) -> list[ImageRow]:
        """The best straight frames, for the comparison and for the agent's panel; the best last.

        They carry one and the same time, by which `compare_faces` knows them for one challenge's.
        """
        now = self._deps.clock.now()
        chosen = [watch.frames[i] for i in verdict.best_frames[:LIVE_FRAMES]]
        return [
            await store_picture(self._deps, visit, "live_face", frame.jpeg, at=now)
            for frame in reversed(chosen)
            if frame.jpeg
        ]


def _with_second_word(
    verdict: Verdict, passive: PassiveReport | None
) -> tuple[Outcome, dict[str, str]]:
    """A passive doubt turns a pass into review; it never makes anything better."""
    detail = {"reason": verdict.reason} | verdict.detail()
    if passive is None:
        return verdict.outcome, detail
    detail |= {
        "passive": passive.outcome.value,
        "passive_score": f"{passive.score:.3f}",
        "passive_threshold": f"{passive.threshold:.3f}",
        "passive_engine": passive.engine,
    }
    if verdict.outcome is Outcome.PASSED and passive.outcome is not Outcome.PASSED:
        return Outcome.REVIEW, detail | {"reason": PASSIVE_DOUBT}
    return verdict.outcome, detail


async def take_snapshot(deps: Deps, caller: StaffCaller, visit_id: VisitId) -> ImageRow:
    """Keep one frame of the customer's picture. Raises VisitGone, MediaUnavailable."""
    async with deps.db.read(caller.scope) as uow:
        visit = await uow.visits.get(visit_id)
        current = await uow.steps.current(visit_id)
    require_serving(visit, caller)
    if current is not None and current.sealed:
        raise VisitGone("a sealed step is up", state="sealed")
    frame = await deps.media.keyframe(visit_id, "customer", 2.0)
    measure = await deps.lab.measure(frame)
    image = await store_picture(deps, visit, "snapshot", measure.jpeg)
    async with deps.db.write(caller.scope) as uow:
        await uow.images.add(image)
        await uow.audit.write(AuditLine(caller.id, "image.take", image.id))
        await publish_identity(uow, deps, visit)
    return image
