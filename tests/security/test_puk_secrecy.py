"""A PUK and a new password go from one place to one place: then they are looked for everywhere.

Real peers at both ends over real sockets. The customer's camera and microphone give the secret away
all the time that it is on the screen, and their page tells it to everybody.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import pytest_asyncio

from signaling.media import rawfile
from tests.security.house import House, refusal, running_house
from tests.security.mirror import (
    Exposure,
    KeepingLine,
    MirrorCustomer,
    Moment,
    WatchingPeer,
    has_tone,
    is_green,
    recorded,
    shows_secret,
    telltale_frames,
)
from vcounter.domain.ids import Msisdn, VisitId
from vcounter.simulator import agent as simulated_agent
from vcounter.simulator.agent import Agent, Served
from vcounter.simulator.api import Api, Json
from vcounter.simulator.customer import Called
from vcounter.simulator.people import Caller, practice_caller
from vcounter.storage import HOME

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]

PUK, OLD_PUK_HOLDER = "73918264", practice_caller(2)
PASSWORD, RESETTER = "905173", practice_caller(5)
AFTER_S = 3.0  # how long the call goes on after the secret
SETTLED_S = 0.5  # what was decoded late of the time before the seal


@dataclass(slots=True)
class Told:
    """One visit, and everything that anybody but the customer was told of it."""

    action_id: str
    secret: str
    caller: Caller
    called: Called = field(default_factory=Called)
    exposure: Exposure = field(default_factory=Exposure)
    heard: list[Json] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    raw: list[rawfile.Segment] = field(default_factory=list)
    failure: str = ""
    refusals: list[object] = field(default_factory=list)

    @property
    def visit_id(self) -> str:
        return self.called.visit_id


class WatchedAgent(Agent):
    """Stays a while after the secret, and reads the raw recording before hanging up."""

    def __init__(self, api: Api, login: str, password: str, told: Told, house: House) -> None:
        super().__init__(api, login, password, lambda view: (told.caller, told.action_id))
        self._told, self._house = told, house
        api._http.event_hooks = {"response": [self._keep]}

    async def _keep(self, answer: httpx.Response) -> None:
        await answer.aread()
        self._told.answers.append(f"{answer.headers} {answer.text}")

    async def _hang_up(self, visit_id: str, served: Served) -> None:
        await asyncio.sleep(AFTER_S)
        told = self._told
        _, key = await self._house.counter.deps.keys.data_key(HOME, VisitId(visit_id))
        path = self._house.counter.settings.data_dir / "recordings" / f"{visit_id}.raw"
        told.raw = await asyncio.to_thread(rawfile.read_segments, str(path), key)
        assert isinstance(self._peer, WatchingPeer)
        assert isinstance(self._line, KeepingLine)
        told.moments = self._peer.moments
        await super()._hang_up(visit_id, served)
        told.heard, told.failure = self._line.kept, served.failure
        self.stop()

    async def look_around(self, step_id: str) -> None:
        """What a curious agent tries while the secret is on the customer's screen."""
        visit = f"/visits/{self.visit_id}"
        self._told.refusals = [
            await refusal(self._api.post(f"{visit}/snapshot")),
            await refusal(self._api.post(f"/visit/steps/{step_id}/reveal")),
        ]
        for path in (visit, "/desk"):
            await self._api.get(path)


@dataclass(slots=True)
class Scene:
    """Both visits are over; `texts` are logs and staff's answers, `files` all bytes on disk."""

    house: House
    puk: Told
    password: Told
    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    recordings: dict[str, dict[str, bytes]] = field(default_factory=dict)


@contextmanager
def stderr_to(path: Path) -> Iterator[None]:
    """Everything that this process and its workers write to file descriptor 2."""
    kept = os.dup(2)
    with path.open("wb") as file:
        sys.stderr.flush()
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("secrecy")
    log_path = folder / "debug.log"
    puk = Told("query_puk", PUK, OLD_PUK_HOLDER)
    password = Told("reset_service_password", PASSWORD, RESETTER)
    with stderr_to(log_path), log_path.open("a") as log, pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_agent, "Line", KeepingLine)
        patch.setattr(simulated_agent, "Peer", WatchingPeer)
        data = folder / "data"
        async with running_house(data, agents=2, log_level="debug", log=log) as house:
            await house.open_number(puk.caller, enrolled="obama", puk=PUK)
            await house.open_number(password.caller, enrolled="obama")
            scene = Scene(house, puk, password)
            await _visit(house, "agent1", puk)
            await _visit(house, "agent2", password)
            await _ask_afterwards(scene)
            scene.files = await asyncio.to_thread(_all_files, data)
            yield scene


async def _visit(house: House, login: str, told: Told) -> None:
    async with Api(house.url) as desk, Api(house.url) as phone:
        agent = WatchedAgent(desk, login, house.passwords[login], told, house)
        customer = MirrorCustomer(phone, told.caller, told.secret, agent.look_around)
        working = asyncio.create_task(agent.run())
        link = await house.simulated_link(told.caller.msisdn)
        told.called = await customer.run(link, timeout_s=240)
        told.exposure = customer.exposure
        await working


async def _ask_afterwards(scene: Scene) -> None:
    """Every reading route of the staff, for both visits, once the recordings can be played."""
    async with scene.house.staff("lead") as lead:
        for told in (scene.puk, scene.password):
            visit = f"/visits/{told.visit_id}"
            await _until_playable(lead, told.visit_id)
            view = await lead.get(visit)
            found = [view, await lead.get("/desk"), await lead.get("/referrals")]
            found += [await lead.get(f"/orders/{o['id']}") for o in view["orders"]]
            found += [await lead.get("/demo/inbox", msisdn=told.caller.msisdn)]
            found += [await lead.get(f"/recordings/{told.visit_id}")]
            scene.texts[f"{told.action_id} afterwards"] = json.dumps(found, ensure_ascii=False)
            files = {}
            for party in ("customer", "agent"):
                answer = await lead._http.get(f"recordings/{told.visit_id}/{party}")
                assert answer.status_code == 200
                files[party] = answer.content
            scene.recordings[told.action_id] = files
        metrics = await lead._http.get(f"{scene.house.url}/metrics")
        scene.texts["metrics"] = metrics.text


async def _until_playable(lead: Api, visit_id: str) -> None:
    for _ in range(300):
        if (await lead.get(f"/recordings/{visit_id}"))["state"] == "muxed":
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the recording never became playable")


def _all_files(root: Path) -> dict[str, bytes]:
    """Databases with their write-ahead logs, blobs, recordings, keys, as they lie on the disk."""
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert {"vcounter.db", "vcounter.db-wal", "bss.db"} <= set(files)
    return files


@cache
def forms(secret: str) -> list[tuple[bytes, re.Pattern[bytes]]]:
    """The secret as it stands, in groups, digit by digit, and encoded: the bytes themselves, and
    the pattern by which they stand alone."""
    half = len(secret) // 2
    plain = {
        secret,
        f"{secret[:half]} {secret[half:]}",
        f"{secret[:half]}-{secret[half:]}",
        " ".join(secret),
        " ".join(secret[i : i + 2] for i in range(0, len(secret), 2)),
        secret.encode().hex(),
        base64.b64encode(secret.encode()).decode(),
        secret[::-1],
    }
    alone = rb"(?<![0-9A-Za-z.+/_-])%s(?![0-9A-Za-z])"  # neither a fraction of a second nor a hash
    found = [(p.encode(), re.compile(alone % re.escape(p.encode()))) for p in plain]
    wide = secret.encode("utf-16-le")
    return [*found, (wide, re.compile(re.escape(wide)))]


def holds(data: bytes | str, secret: str) -> bool:
    raw = data.encode() if isinstance(data, str) else data
    return any(literal in raw and pattern.search(raw) for literal, pattern in forms(secret))


def both(scene: Scene) -> list[Told]:
    return [scene.puk, scene.password]


async def test_the_search_finds_what_is_there() -> None:
    for text in (f'"{PUK}"', f"code {PUK}.", "7391 8264", "73 91 82 64", "(7, '7 3 9 1 8 2 6 4')"):
        assert holds(text, PUK), text
    assert holds(b"\x00\x01" + PASSWORD.encode() + b"\x00", PASSWORD)
    assert not holds("2026-11-21T08:00:00.905173Z", PASSWORD)


async def test_the_customer_saw_the_right_puk(scene: Scene) -> None:
    assert (scene.puk.failure, scene.puk.called.failure) == ("", "")
    assert scene.puk.called.revealed == [PUK]
    assert scene.puk.called.receipts == 1


async def test_the_new_password_is_in_force(scene: Scene) -> None:
    assert (scene.password.failure, scene.password.called.failure) == ("", "")
    number = Msisdn(RESETTER.msisdn)
    assert await scene.house.counter.bss.check_password(number, PASSWORD)


async def test_the_agent_was_told_nothing(scene: Scene) -> None:
    for told in both(scene):
        assert len(told.heard) > 20
        assert len(told.answers) > 20
        kinds = {m.get("kind") for m in told.heard}
        assert {"step", "order", "identity"} <= kinds
        assert "screen" not in kinds
        assert not holds(json.dumps(told.heard, ensure_ascii=False), told.secret)
        assert not any(holds(answer, told.secret) for answer in told.answers)


async def test_a_curious_agent_is_refused_while_it_is_up(scene: Scene) -> None:
    for told in both(scene):
        snapshot, reveal = told.refusals
        assert snapshot == (409, "visit_gone")
        assert reveal == (401, "not_signed_in")


async def test_no_route_tells_it_afterwards(scene: Scene) -> None:
    for told in both(scene):
        for name, text in scene.texts.items():
            assert text, name
            assert not holds(text, told.secret), name


async def test_nothing_on_the_disk_holds_it(scene: Scene) -> None:
    for told in both(scene):
        found = [name for name, data in scene.files.items() if holds(data, told.secret)]
        assert found == []


async def test_nothing_in_the_database_holds_it_once_decrypted(scene: Scene) -> None:
    for told in both(scene):
        async with scene.house.counter.deps.db.read(HOME) as uow:
            visit = VisitId(told.visit_id)
            rows: list[object] = [
                await uow.visits.get(visit),
                await uow.steps.of_visit(visit),
                await uow.orders.of_visit(visit),
                await uow.evidence.of_visit(visit),
                await uow.messages.of_visit(visit),
                await uow.recordings.of_visit(visit),
                await uow.audit.of_object(visit),
                await uow.outbox.pending(),
            ]
        assert not holds(repr(rows), told.secret)


async def test_no_picture_that_was_kept_shows_it(scene: Scene) -> None:
    deps = scene.house.counter.deps
    for told in both(scene):
        _, key = await deps.keys.image_key(HOME, VisitId(told.visit_id))
        async with deps.db.read(HOME) as uow:
            rows = await uow.images.of_visit(VisitId(told.visit_id))
        assert len(rows) >= 4
        for row in rows:
            jpeg = await deps.blobs.get(row.blob_key, key)
            image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert not is_green(np.asarray(image, np.uint8))


async def test_the_agent_neither_saw_nor_heard_it(scene: Scene) -> None:
    for told in both(scene):
        sealed = told.exposure
        assert sealed.ended - sealed.begun > 1.5
        assert [m for m in told.moments if m.is_secret] == []
        late = [m for m in told.moments if sealed.begun + SETTLED_S < m.at < sealed.ended]
        assert late == []
        for is_video in (True, False):
            mine = [m for m in told.moments if m.is_video is is_video]
            assert any(m.at < sealed.begun for m in mine)
            assert any(m.at > sealed.ended for m in mine)


async def test_the_raw_recording_has_no_packet_of_the_customers_from_then(scene: Scene) -> None:
    for told in both(scene):
        sealed = told.exposure
        records = [r for segment in told.raw for r in segment.records]
        media = [r for r in records if r.kind == rawfile.RTP]
        marks = [r.kind for r in records if r.kind in (rawfile.SEAL_ON, rawfile.SEAL_OFF)]
        assert marks == [rawfile.SEAL_ON, rawfile.SEAL_OFF]

        during = [r.leg for r in media if sealed.begun < r.at_us / 1e6 < sealed.ended]
        assert "customer" not in during
        assert during.count("agent") > 20
        after = [r for r in media if r.leg == "customer" and r.at_us / 1e6 > sealed.ended]
        assert {r.codec for r in after} == {"opus", "VP8"}


async def test_the_playable_recording_shows_and_tells_nothing(scene: Scene) -> None:
    for told in both(scene):
        begun = told.raw[0].started_us / 1e6
        sealed, files = told.exposure, scene.recordings[told.action_id]
        customer = await asyncio.to_thread(recorded, files["customer"], begun)
        agent = await asyncio.to_thread(recorded, files["agent"], begun)

        assert [m for m in customer + agent if m.is_secret] == []
        pictures = [m.at for m in customer if m.is_video]
        assert [at for at in pictures if sealed.begun < at < sealed.ended] == []
        assert pictures[0] < sealed.begun
        assert pictures[-1] > sealed.ended
        assert [m for m in agent if m.is_video and sealed.begun < m.at < sealed.ended]


async def test_the_telltale_would_have_been_noticed(scene: Scene) -> None:
    """The same measure on what the customer really sent, so that silence above means something."""
    picture, sound = await asyncio.to_thread(telltale_frames, PUK)
    assert shows_secret(picture)
    assert any(has_tone(block) for block in sound)


async def test_every_log_line_down_to_debug_is_silent(scene: Scene) -> None:
    """Read at the end of the module, when the counter has closed everything but its log."""
    log = Path(scene.house.counter.settings.data_dir).parent / "debug.log"
    text = log.read_text("utf-8", "replace")
    assert '"level": "debug"' in text or '"level":"debug"' in text
    for told in both(scene):
        lines = [line for line in text.splitlines() if holds(line, told.secret)]
        assert lines == []
