"""The face must stay: the person of the challenge is the person of the decision.

A watcher looks every few seconds from the end of a challenge until the decision, and once more,
closely, at the decision itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from vcounter.domain.errors import ImageUnusable, MediaUnavailable, NotFound
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source, Zone
from vcounter.domain.ids import ImageId, VisitId
from vcounter.domain.presence import (
    OUTCOMES,
    STRAIGHT_OFFSET,
    PresenceJudge,
    Sample,
    Seen,
)
from vcounter.domain.steps import Step, StepKind, StepState
from vcounter.domain.visit import Visit, VisitState
from vcounter.services.context import Deps
from vcounter.services.identity.compare_faces import scores
from vcounter.services.identity.evidence import add_evidence, publish_identity, read_image
from vcounter.services.identity.identity_view import Watched
from vcounter.services.orders.order_guard import is_under_duress
from vcounter.services.ports import FaceMeasure, MatchReport, Scope, UnitOfWork
from vcounter.services.views import iso
from vcounter.services.visits.on_behalf import on_behalf_of

SAMPLE_EVERY_S = 3.0
KEYFRAME_WAIT_S = 1.0
CONFIRM_FRAMES = 3
RECENT_S = 10.0
MIN_EYE_DISTANCE_PX, MIN_SHARPNESS = 24.0, 8.0
MIN_BRIGHTNESS, MAX_BRIGHTNESS = 30.0, 190.0

_REAR = frozenset({StepKind.CARD_FRONT, StepKind.CARD_BACK, StepKind.CARD_TILT, StepKind.PHOTO})
_CAMERAS = _REAR | {StepKind.CAMERA, StepKind.FACE}
_DECISIONS = (EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION)


@dataclass(slots=True)
class _Watch:
    """One challenge's face: its picture and feature, and what was seen since. In memory only."""

    image_id: ImageId
    best: bytes
    feature: bytes
    judge: PresenceJudge = field(default_factory=PresenceJudge)
    recent: deque[tuple[float, bytes]] = field(default_factory=lambda: deque(maxlen=4))
    strange: list[bytes] = field(default_factory=list)
    told: Seen | None = None
    kept: Seen | None = None


class PresenceWatch:
    """At most one watcher for each visit; a newer challenge takes the older one's place.

    What it knows beyond the database (features, frames) it finds again after a restart.
    """

    def __init__(self, deps: Deps, *, every_s: float = SAMPLE_EVERY_S) -> None:
        self._deps, self._every_s = deps, every_s
        self._watches: dict[VisitId, _Watch | None] = {}

    def watch(self, scope: Scope, visit_id: VisitId) -> None:
        """Watch the face of the newest challenge until the decision, unless that runs already."""
        if visit_id not in self._watches:
            self._watches[visit_id] = None
            self._deps.spawn(self._run(scope, visit_id), f"presence {visit_id}")

    async def confirm(self, scope: Scope, visit_id: VisitId) -> Outcome | None:
        """Look once more, closely, and keep what was found; None if there was no challenge.

        Three frames or more, one of them of this moment, are compared with the challenge's best
        one. Silence, or too few frames with one face, is `review`. About a second.
        """
        with on_behalf_of(visit_id):
            target = await self._target(scope, visit_id)
            if target is None:
                return None
            frames, crowd = await self._fresh_frames(visit_id, target)
            report = await self._compare(frames, target)
        outcome, seen = _judged(report, crowd=crowd)
        detail = scores(report) | {"state": seen.value, "look": "decision"}
        if crowd:
            detail["reason"] = "two_faces"
        async with self._deps.db.write(scope) as uow:
            visit = await uow.visits.get(visit_id)
            if await self._challenge(uow, visit) != target.image_id:
                return Outcome.REVIEW
            await self._keep(uow, visit, target, outcome, detail)
        target.kept = seen
        await self._tell(visit_id, target, seen)
        return outcome

    # --- the watcher ------------------------------------------------------------------------------

    async def _run(self, scope: Scope, visit_id: VisitId) -> None:
        try:
            with on_behalf_of(visit_id):
                await self._watch_all(scope, visit_id)
        except NotFound:
            return  # the visit's data were deleted meanwhile
        finally:
            self._watches.pop(visit_id, None)
            self._deps.watched.pop(visit_id, None)

    async def _watch_all(self, scope: Scope, visit_id: VisitId) -> None:
        """One challenge's face after the other, until there is none to watch."""
        while True:
            watch = await self._target(scope, visit_id)
            if watch is None:
                return
            self._watches[visit_id] = watch
            if await self._follow(scope, visit_id, watch) == "over":
                return

    async def _follow(self, scope: Scope, visit_id: VisitId, watch: _Watch) -> str:
        """Watch one challenge's face; "over", or "replaced" by a newer challenge."""
        while True:
            situation = await self._situation(scope, visit_id, watch)
            if situation in ("over", "replaced"):
                return situation
            if situation == "away":
                watch.judge.pause()
                watch.strange.clear()
            else:
                await self._look(scope, visit_id, watch)
            await asyncio.sleep(self._every_s)

    async def _situation(self, scope: Scope, visit_id: VisitId, watch: _Watch) -> str:
        async with self._deps.db.read(scope) as uow:
            visit = await uow.visits.get(visit_id)
            newest = await self._challenge(uow, visit)
            over = visit.state is not VisitState.SERVING or newest is None
            over = over or await self._is_decided(uow, visit)
            over = over or await is_under_duress(uow, visit_id)
            steps = await uow.steps.of_visit(visit_id)
        if over:
            return "over"
        if newest != watch.image_id:
            return "replaced"
        return "away" if looks_away(steps) else "watch"

    async def _look(self, scope: Scope, visit_id: VisitId, watch: _Watch) -> None:
        deps = self._deps
        try:
            frame = await deps.media.keyframe(visit_id, "customer", KEYFRAME_WAIT_S)
            measure = await deps.lab.measure(frame)
            sample = Sample(measure.faces, await self._is_same(watch, measure))
        except (MediaUnavailable, TimeoutError):
            measure, sample = None, Sample(0, None)
        now = deps.clock.monotonic()
        state = watch.judge.feed(sample, now)
        if measure is not None and sample.same is True and measure.faces == 1:
            watch.recent.append((now, measure.jpeg))
        if measure is not None and sample.same is False:
            watch.strange.append(measure.jpeg)
        else:
            watch.strange.clear()
        if state is Seen.OTHER and watch.kept is not Seen.OTHER:
            state = await self._look_closer(watch)
        await self._conclude(scope, visit_id, watch, state)

    async def _is_same(self, watch: _Watch, measure: FaceMeasure) -> bool | None:
        if measure.faces != 1 or not _is_clear(measure):
            return None
        return await self._deps.lab.same_person(watch.feature, measure.feature)

    async def _look_closer(self, watch: _Watch) -> Seen:
        """Another face voids the challenge: both engines have to say so."""
        report = await self._compare(watch.strange[-CONFIRM_FRAMES:], watch)
        watch.strange.clear()
        if report.zone is not Zone.MISMATCH or not report.frames:
            watch.judge.take_back()
        return watch.judge.state

    async def _conclude(self, scope: Scope, visit_id: VisitId, watch: _Watch, state: Seen) -> None:
        if state is Seen.NONE:
            return
        await self._tell(visit_id, watch, state)
        if state is watch.kept:
            return
        async with self._deps.db.write(scope) as uow:
            visit = await uow.visits.get(visit_id)
            current = await self._challenge(uow, visit) == watch.image_id
            if not current or await self._is_decided(uow, visit):
                return
            await self._keep(uow, visit, watch, OUTCOMES[state], {"state": state.value})
        watch.kept = state

    async def _tell(self, visit_id: VisitId, watch: _Watch, state: Seen) -> None:
        self._deps.watched[visit_id] = Watched(state.value, iso(self._deps.clock.now()))
        if watch.told is state:
            return
        watch.told = state
        body = {"state": state.value}
        await self._deps.live.direct(visit_id, "presence", body, ("agent",))

    # --- what both share --------------------------------------------------------------------------

    async def _keep(
        self, uow: UnitOfWork, visit: Visit, watch: _Watch, outcome: Outcome, detail: dict[str, str]
    ) -> None:
        await add_evidence(
            uow,
            self._deps,
            visit,
            EvidenceKind.PRESENCE,
            outcome,
            source=Source.STREAM,
            image_id=watch.image_id,
            detail=detail,
        )
        await publish_identity(uow, self._deps, visit)

    async def _target(self, scope: Scope, visit_id: VisitId) -> _Watch | None:
        """The newest challenge's face; its feature is found again from the stored picture."""
        deps = self._deps
        async with deps.db.read(scope) as uow:
            visit = await uow.visits.get(visit_id)
            image_id = await self._challenge(uow, visit)
            known = self._watches.get(visit_id)
            if image_id is None or (known is not None and known.image_id == image_id):
                return known if image_id is not None else None
            row = await uow.images.get(image_id)
        best = await read_image(deps, visit, row)
        try:
            feature = (await deps.lab.measure_still(best)).feature
        except (MediaUnavailable, ImageUnusable):
            feature = b""  # then nothing is told to be the same, nor another
        return _Watch(image_id, best, feature)

    async def _challenge(self, uow: UnitOfWork, visit: Visit) -> ImageId | None:
        """The picture of the newest challenge, unless that one failed."""
        found = newest_challenge(await uow.evidence.of_visit(visit.id), visit)
        return None if found is None or found.outcome is Outcome.FAILED else found.image_id

    async def _is_decided(self, uow: UnitOfWork, visit: Visit) -> bool:
        evidence = await uow.evidence.of_visit(visit.id)
        challenge = newest_challenge(evidence, visit)
        return challenge is not None and any(
            e.kind in _DECISIONS and e.outcome is not Outcome.REVIEW and e.at >= challenge.at
            for e in evidence
            if e.party_id == visit.customer_party_id and e.msisdn == visit.msisdn
        )

    async def _fresh_frames(self, visit_id: VisitId, watch: _Watch) -> tuple[list[bytes], bool]:
        """Three frames with one face, and whether two faces were seen.

        The watcher's newest count only while the frame of this moment shows the same face: who has
        just sat down is not vouched for by who sat there before.
        """
        now = self._deps.clock.monotonic()
        recent = [jpeg for at, jpeg in watch.recent if now - at <= RECENT_S][-2:]
        fresh: list[bytes] = []
        crowd = False
        for _ in range(CONFIRM_FRAMES + 1):
            try:
                frame = await self._deps.media.keyframe(visit_id, "customer", KEYFRAME_WAIT_S)
                measure = await self._deps.lab.measure(frame)
            except (MediaUnavailable, TimeoutError):
                break
            crowd = crowd or measure.faces > 1
            if measure.faces != 1:
                recent = []
                continue
            fresh.append(measure.jpeg)
            if await self._is_same(watch, measure) is not True:
                recent = []
            if len(recent) + len(fresh) >= CONFIRM_FRAMES:
                return recent + fresh, crowd
        return [], crowd

    async def _compare(self, frames: list[bytes], watch: _Watch) -> MatchReport:
        silent = MatchReport(Zone.REVIEW, None, None, None, 0, "none", {}, "no_face")
        if not frames:
            return silent
        try:
            return await self._deps.lab.compare(frames, watch.best)
        except (MediaUnavailable, ImageUnusable):
            return silent


def newest_challenge(evidence: list[Evidence], visit: Visit) -> Evidence | None:
    """The newest liveness evidence of the visit's customer and number."""
    mine = [
        e
        for e in evidence
        if e.kind is EvidenceKind.LIVENESS
        and e.party_id == visit.customer_party_id
        and e.msisdn == visit.msisdn
    ]
    return max(mine, key=lambda e: (e.at, e.id), default=None)


def looks_away(steps: list[Step]) -> bool:
    """Whether the customer's camera shows no face now: a card, the room, or a sealed screen.

    A challenge that is up judges the face itself.
    """
    up = next((s for s in steps if s.state is StepState.PUSHED), None)
    if up is not None and (up.sealed or up.kind in _REAR or up.kind is StepKind.FACE):
        return True
    cameras = [s for s in steps if s.kind in _CAMERAS]
    if not cameras:
        return False
    last = max(cameras, key=lambda s: (s.pushed_at, s.id))
    turned = last.state in (StepState.PUSHED, StepState.DONE)
    return turned and last.kind is StepKind.CAMERA and last.params.get("facing") == "environment"


def _is_clear(measure: FaceMeasure) -> bool:
    """Whether a face may be called the same or another by its feature."""
    return (
        bool(measure.feature)
        and abs(measure.nose_offset) <= STRAIGHT_OFFSET
        and measure.eye_distance_px >= MIN_EYE_DISTANCE_PX
        and measure.sharpness >= MIN_SHARPNESS
        and MIN_BRIGHTNESS <= measure.brightness <= MAX_BRIGHTNESS
    )


def _judged(report: MatchReport, *, crowd: bool) -> tuple[Outcome, Seen]:
    if report.zone is Zone.MISMATCH and report.frames:
        return Outcome.FAILED, Seen.OTHER
    if crowd:
        return Outcome.REVIEW, Seen.SECOND
    if report.zone is Zone.MATCH and report.frames >= CONFIRM_FRAMES:
        return Outcome.PASSED, Seen.SAME
    return Outcome.REVIEW, Seen.ABSENT
