"""A visit whose identity is being checked: real database, keys and blobs; media and lab are fakes.

Pictures are names (see `identity_lab`): the customer is `anna`, the enrolment photograph too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tests.fakes.identity_lab import FakeLab
from tests.fakes.order_world import NUMBER, SCOPE, OrderWorld, order_world
from vcounter.adapters.authority import EnrolmentAuthority
from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.bss.embedded import EmbeddedBss
from vcounter.adapters.identity.document import check_reading
from vcounter.domain.errors import MediaUnavailable, OperatorUnavailable
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source
from vcounter.domain.ids import Msisdn, VisitId
from vcounter.domain.steps import Step, StepKind
from vcounter.domain.visit import FaceConsent
from vcounter.services.identity.evidence import add_evidence, read_identity, store_picture
from vcounter.services.identity.presence import PresenceWatch
from vcounter.services.ports import (
    CardReading,
    Json,
    Keyframe,
    Leg,
    Portrait,
    ReadField,
    Subscriber,
)
from vcounter.services.visits import guide

ANNA, BEN = b"anna", b"ben"
FRONT, BACK = b"front of the card", b"back of the card"


@dataclass
class FakeStream:
    """The customer's picture: what the camera shows now; None is a line that is down."""

    shows: bytes | None = ANNA
    asked: int = 0
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    async def keyframe(self, visit_id: VisitId, leg: Leg, timeout_s: float = 2.0) -> Keyframe:
        self.asked += 1
        self.looked.set()
        if self.shows is None:
            raise MediaUnavailable("no picture")
        return Keyframe("VP8", self.shows, self.asked * 0.7)


@dataclass
class FakeLive:
    """Keeps what was sent to the room directly."""

    sent: list[tuple[str, Json]] = field(default_factory=list)

    async def direct(self, room: str, kind: str, body: Json, audience: object = ()) -> None:
        self.sent.append((kind, body))

    def online(self, party_id: str) -> bool:
        return True


@dataclass
class EnrolledAnna:
    """The embedded operator's system, whose enrolment photograph can be chosen."""

    bss: EmbeddedBss
    jpeg: bytes | None = ANNA
    taken_on: date = date(2024, 6, 1)
    down: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bss, name)

    async def portrait(self, msisdn: Msisdn) -> Portrait | None:
        if self.down:
            raise OperatorUnavailable("no answer")
        return None if self.jpeg is None else Portrait(self.jpeg, self.taken_on)


@dataclass
class IdentityWorld:
    """One served visit, and short ways to do what agent and customer do."""

    orders: OrderWorld
    lab: FakeLab
    stream: FakeStream
    live: FakeLive
    presence: PresenceWatch
    enrolled: EnrolledAnna

    def __getattr__(self, name: str) -> Any:
        return getattr(self.orders, name)

    async def evidence(self, kind: EvidenceKind) -> list[Evidence]:
        async with self.orders.deps.db.read(SCOPE) as uow:
            found = await uow.evidence.of_visit(self.orders.visit_id)
        return [e for e in found if e.kind is kind]

    async def identity(self) -> dict[str, Any]:
        async with self.orders.deps.db.read(SCOPE) as uow:
            visit = await uow.visits.get(self.orders.visit_id)
            return await read_identity(uow, self.orders.deps, visit)

    async def push(self, kind: StepKind, params: Mapping[str, str] | None = None) -> Step:
        world = self.orders
        return await guide.push(world.deps, world.agent, world.visit_id, kind, params or {})

    async def challenge(
        self, shows: bytes = ANNA, outcome: Outcome = Outcome.PASSED, frames: int = 3
    ) -> None:
        """As if a head-turn challenge had just ended with these frames."""
        deps = self.orders.deps
        self.orders.clock.move(seconds=1)
        now = deps.clock.now()
        async with deps.db.read(SCOPE) as uow:
            visit = await uow.visits.get(self.orders.visit_id)
        rows = [await store_picture(deps, visit, "live_face", shows, at=now) for _ in range(frames)]
        async with deps.db.write(SCOPE) as uow:
            for row in rows:
                await uow.images.add(row)
            await add_evidence(
                uow,
                deps,
                visit,
                EvidenceKind.LIVENESS,
                outcome,
                source=Source.STREAM,
                image_id=rows[-1].id,
            )

    async def record(self) -> Subscriber:
        found = await self.orders.bss.find(NUMBER)
        assert found is not None
        return found

    async def read_as(self, **changed: tuple[str, float] | None) -> None:
        """The card reads as the record says, surely, but for what is changed or (None) missing."""
        record = await self.record()
        sides: dict[str, dict[str, tuple[str, float] | None]] = {
            "front": {
                "name": (record.name, 0.99),
                "sex": (record.sex, 0.99),
                "birth": (record.birth.isoformat(), 0.99),
                "number": (record.document_number, 0.99),
            },
            "back": {"valid_from": ("2019-03-02", 0.99), "valid_until": ("2039-03-02", 0.99)},
        }
        for name, value in changed.items():
            side = "back" if name.startswith("valid") else "front"
            sides[side][name] = value
        for still, side in ((FRONT, "front"), (BACK, "back")):
            fields = {n: ReadField(*v) for n, v in sides[side].items() if v is not None}
            self.lab.readings[still] = CardReading(side, fields, (), "fake 1")  # type: ignore[arg-type]  # one of the two


@asynccontextmanager
async def identity_world(folder: Path) -> AsyncIterator[IdentityWorld]:
    """A visit at L0 with consent to face processing; `folder` holds an upgraded `counter.db`."""
    async with order_world(folder, level="L0") as orders:
        lab, stream, live = FakeLab(), FakeStream(), FakeLive()
        deps = orders.deps
        deps.lab, deps.live = lab, live  # type: ignore[assignment]  # the one call that is made
        orders.media.keyframe = stream.keyframe  # type: ignore[attr-defined]  # the same bridge
        deps.blobs = FileBlobStore(folder / "blobs")
        deps.check_reading = check_reading
        enrolled = EnrolledAnna(orders.bss)
        deps.bss = enrolled
        deps.authorities = (EnrolmentAuthority(deps.bss, lab),)
        presence = PresenceWatch(deps, every_s=0.0)
        deps.presence = presence
        await orders.change_visit(face_consent=FaceConsent.GIVEN)
        yield IdentityWorld(orders, lab, stream, live, presence, enrolled)


async def settle(turns: int = 50) -> None:
    """Let what was started run on."""
    for _ in range(turns):
        await asyncio.sleep(0)
