"""Attacks on the joints of the identity check: card and record, face and face, row and blob.

The use cases are driven directly, with the real laboratory where it is about pictures.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.identity_world import ANNA, BEN, FRONT, IdentityWorld, identity_world
from tests.fakes.order_world import NUMBER, SCOPE
from vcounter.adapters.db import upgrade
from vcounter.adapters.identity import lab as laboratory
from vcounter.adapters.identity.document import check_document
from vcounter.adapters.identity.lab import ModelLab
from vcounter.domain.errors import InvalidInput, MediaUnavailable, NotFound, WrongState
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Zone
from vcounter.domain.steps import StepKind
from vcounter.domain.visit import Visit
from vcounter.services.identity.compare_faces import compare_faces
from vcounter.services.identity.decide_identity import decide_as_agent, view_image
from vcounter.services.identity.evidence import read_image
from vcounter.services.identity.key_document import KeyedDocument, key_document
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.orders.order_steps import answer_step
from vcounter.services.visits.guide import cancel
from vcounter.simulator.people import Caller, caller_for, practice_caller
from vcounter.simulator.pictures import card_shot, head_reel
from vcounter.specimen.card import Person
from vcounter.specimen.people import portraits

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

OWNER, THIEF = "collins", "biden"
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "counter.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models() -> AsyncIterator[ModelLab]:
    """The real laboratory, shared: its models take seconds to load. What is asked here is what it
    says, not how soon: it has more time than in service, for a busy machine."""
    lab = ModelLab(workers=1)
    await lab.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MEASURE_TIMEOUT_S", "COMPARE_TIMEOUT_S", "CARD_TIMEOUT_S"):
            patch.setattr(laboratory, name, PATIENCE_S)
        yield lab
    await lab.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def checked(tmp_path: Path, migrated: Path) -> AsyncIterator[IdentityWorld]:
    """A served visit in which pictures are names."""
    await asyncio.to_thread(shutil.copy, migrated, tmp_path / "counter.db")
    async with identity_world(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def real(checked: IdentityWorld, models: ModelLab) -> IdentityWorld:
    """The same visit with real pictures: the number's owner is enrolled."""
    checked.deps.lab = models
    checked.deps.authorities[0]._lab = models
    checked.enrolled.jpeg = portraits()[OWNER].enrolment
    return checked


def owners_card() -> Person:
    caller = caller_for(NUMBER)
    assert caller is not None
    return caller.card()


async def show_card(world: IdentityWorld, person: Person) -> None:
    """Both sides, photographed and in the stream of the same seconds; then what follows."""
    for kind, side in ((StepKind.CARD_FRONT, "front"), (StepKind.CARD_BACK, "back")):
        shot = await asyncio.to_thread(card_shot, person, side, 1)
        world.stream.shows = shot.frames[0]
        step = await world.push(kind)
        await take_picture(world.deps, world.customer, step.id, shot.still)
        world.clock.move(seconds=1)
    await world.spawner.run()


async def show_face(world: IdentityWorld, key: str) -> None:
    world.stream.shows = (await asyncio.to_thread(head_reel, key)).at(0.0)


async def visit_of(world: IdentityWorld) -> Visit:
    async with world.deps.db.read(SCOPE) as uow:
        visit: Visit = await uow.visits.get(world.visit_id)
    return visit


async def compare(world: IdentityWorld) -> dict[str, Zone | None]:
    world.deps.comparing.begin(world.visit_id)
    await compare_faces(world.deps, await visit_of(world))
    return {e.reference.value: e.zone for e in await world.evidence(EvidenceKind.FACE_MATCH)}


async def key_owners_document(world: IdentityWorld) -> Evidence:
    """The agent keys what the operator's record says, whatever the card shows."""
    card = owners_card()
    keyed = KeyedDocument(card.number, card.name, card.valid_from, card.valid_until)
    await key_document(world.deps, check_document, world.agent, world.visit_id, keyed)
    return (await world.evidence(EvidenceKind.DOCUMENT))[-1]


async def decide(world: IdentityWorld) -> str:
    """The careless agent presses "passed": the state that refuses it, or the level reached."""
    try:
        view = await decide_as_agent(
            world.deps, world.agent, world.visit_id, Outcome.PASSED, "looks right"
        )
    except WrongState as refused:
        return str(refused.fields["state"])
    return str(view["level"])


async def test_owner_passes_by_the_machine_alone(real: IdentityWorld) -> None:
    """What the attacks below are measured against: nobody keys anything, nobody is asked."""
    await show_card(real, owners_card())
    await real.challenge(shows=portraits()[OWNER].live)
    await show_face(real, OWNER)

    assert await compare(real) == {"enrolment": Zone.MATCH, "card": Zone.MATCH}
    assert await decide(real) == "L2"
    [document] = await real.evidence(EvidenceKind.DOCUMENT)
    assert (document.detail["source"], document.by) == ("ocr", None)


async def test_another_persons_card_is_seen_by_the_machine(real: IdentityWorld) -> None:
    other: Caller = practice_caller(1)

    await show_card(real, other.card())

    [document] = await real.evidence(EvidenceKind.DOCUMENT)
    assert (document.outcome, document.detail["source"]) == (Outcome.FAILED, "ocr")
    assert "number_differs" in document.detail["failing"].split(",")
    keyed = await key_owners_document(real)
    assert keyed.detail["read"] == "differs"
    await real.challenge(shows=portraits()[THIEF].live)
    await show_face(real, THIEF)
    await compare(real)
    assert await decide(real) == "needs_referee"


async def test_own_portrait_beside_the_victims_number(real: IdentityWorld) -> None:
    forged = replace(owners_card(), portrait=portraits()[THIEF].card)

    await show_card(real, forged)
    await real.challenge(shows=portraits()[THIEF].live)
    await show_face(real, THIEF)
    found = await compare(real)

    assert found == {"enrolment": Zone.MISMATCH, "card": Zone.MATCH}
    assert await decide(real) == "needs_referee"


async def test_edited_number_is_not_passed_by_the_machine(real: IdentityWorld) -> None:
    genuine = owners_card()
    last = genuine.number[-2]
    edited = genuine.number[:-2] + str((int(last) + 2) % 10) + genuine.number[-1]

    await show_card(real, replace(genuine, number=edited))

    assert all(e.outcome is not Outcome.PASSED for e in await real.evidence(EvidenceKind.DOCUMENT))
    keyed = await key_owners_document(real)
    assert keyed.detail["read"] == "differs"
    await real.challenge(shows=portraits()[OWNER].live)
    await show_face(real, OWNER)
    await compare(real)
    assert await decide(real) == "needs_referee"


async def test_face_swapped_after_the_challenge(real: IdentityWorld) -> None:
    """Somebody else sits down for the decision; coming back does not mend it."""
    await show_card(real, owners_card())
    await real.challenge(shows=portraits()[OWNER].live)
    await compare(real)
    await show_face(real, THIEF)

    assert await decide(real) == "presence_lost"

    [presence] = await real.evidence(EvidenceKind.PRESENCE)
    assert presence.outcome is Outcome.FAILED
    await show_face(real, OWNER)
    real.clock.move(seconds=1)
    assert await decide(real) == "L0"
    missing = (await real.identity())["missing"]
    assert {"liveness", "face_match"} <= set(missing)
    await real.challenge(shows=portraits()[OWNER].live)
    await compare(real)
    assert await decide(real) == "L2"


async def test_laboratory_killed_in_the_middle_of_reading(
    real: IdentityWorld, models: ModelLab
) -> None:
    shot = await asyncio.to_thread(card_shot, owners_card(), "front", 1)
    real.stream.shows = shot.frames[0]
    step = await real.push(StepKind.CARD_FRONT)
    await take_picture(real.deps, real.customer, step.id, shot.still)
    reading = asyncio.ensure_future(real.spawner.run())
    await asyncio.sleep(0.2)

    for pid in models.pids():
        os.kill(pid, signal.SIGKILL)
    await reading

    assert (await real.identity())["card"]["front"] in ("read", "unreadable")
    assert await real.evidence(EvidenceKind.DOCUMENT) == []
    await models.start()  # waits for the workers that take their places


async def test_hanging_laboratory_confirms_nobody(
    real: IdentityWorld, models: ModelLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await real.challenge(shows=portraits()[OWNER].live)
    await show_face(real, OWNER)
    monkeypatch.setattr(laboratory, "MEASURE_TIMEOUT_S", 0.5)
    pids = models.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert await decide(real) == "presence_lost"
    finally:
        for pid in pids:
            _continue(pid)

    assert [e.outcome for e in await real.evidence(EvidenceKind.PRESENCE)] == [Outcome.REVIEW]
    await models.start()


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass  # it was replaced already


# --- without pictures -----------------------------------------------------------------------------


async def test_challenge_cannot_be_answered_by_hand(checked: IdentityWorld) -> None:
    step = await checked.push(StepKind.FACE)
    said: dict[str, object] = {"result": "passed", "ok": True, "given": True, "image": "x"}

    with pytest.raises(InvalidInput):
        await answer_step(checked.deps, checked.customer, step.id, said)

    assert await checked.evidence(EvidenceKind.LIVENESS) == []


async def test_skipped_challenge_leaves_nothing_to_decide_on(checked: IdentityWorld) -> None:
    """Cards and a still of the face are there; the head was never turned."""
    await checked.read_as()
    step = await checked.push(StepKind.FACE)
    await take_picture(checked.deps, checked.customer, step.id, ANNA)

    assert await compare(checked) == {}
    assert await decide(checked) == "capturing"
    await cancel(checked.deps, checked.agent, checked.visit_id, step.id)
    assert await decide(checked) == "L0"
    assert {"liveness", "face_match", "presence"} <= set((await checked.identity())["missing"])


@pytest.mark.parametrize("how", ["altered", "another's", "gone"])
async def test_picture_replaced_after_the_hash_is_never_evidence(
    checked: IdentityWorld, how: str
) -> None:
    await checked.challenge()
    async with checked.deps.db.read(SCOPE) as uow:
        images = await uow.images.of_visit(checked.visit_id)
    _, key = await checked.deps.keys.image_key(SCOPE, checked.visit_id)
    for row in images:
        if how == "altered":
            await asyncio.to_thread(_flip, checked.folder / "blobs", row.blob_key)
        elif how == "gone":
            await checked.deps.blobs.delete(row.blob_key)
        else:  # by somebody who holds the visit's key
            await checked.deps.blobs.put(row.blob_key, BEN, key)
    visit, image_id = await visit_of(checked), str(images[-1].id)

    error = NotFound if how == "gone" else InvalidInput
    with pytest.raises(error):
        await view_image(checked.deps, checked.agent, visit, image_id)
    with pytest.raises(error):
        await compare(checked)

    assert not checked.deps.comparing.is_running(checked.visit_id)
    assert await checked.evidence(EvidenceKind.FACE_MATCH) == []


def _flip(folder: Path, key: str) -> None:
    [path] = [p for p in folder.rglob("*") if p.is_file() and p.name.startswith(Path(key).name)]
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))


async def test_altered_card_is_not_read(checked: IdentityWorld) -> None:
    await checked.read_as()
    step = await checked.push(StepKind.CARD_FRONT)
    await take_picture(checked.deps, checked.customer, step.id, FRONT)
    async with checked.deps.db.read(SCOPE) as uow:
        [row] = [i for i in await uow.images.of_visit(checked.visit_id) if i.kind == "card_front"]
    _, key = await checked.deps.keys.image_key(SCOPE, checked.visit_id)
    await checked.deps.blobs.put(row.blob_key, b"another picture", key)

    await checked.spawner.run()

    assert (await checked.identity())["card"]["front"] == "unreadable"
    with pytest.raises(InvalidInput):
        await read_image(checked.deps, await visit_of(checked), row)


async def test_dead_laboratory_takes_no_card(checked: IdentityWorld) -> None:
    step = await checked.push(StepKind.CARD_FRONT)
    checked.lab.down = True

    with pytest.raises(MediaUnavailable):
        await take_picture(checked.deps, checked.customer, step.id, FRONT)

    assert await checked.evidence(EvidenceKind.CARD_FRONT) == []
