"""What the card reads decides only where it is sure; doubt is the agent's, contradiction the
referee's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.fakes.identity_world import BACK, FRONT, IdentityWorld
from tests.fakes.order_world import SCOPE
from vcounter.adapters.identity.document import check_document
from vcounter.domain.documents import DocumentType
from vcounter.domain.errors import InvalidInput, TooMany
from vcounter.domain.identity import Evidence, EvidenceKind, Outcome, Source
from vcounter.domain.steps import StepKind, StepState
from vcounter.services.identity.card_tilt import CardTilts
from vcounter.services.identity.key_document import KeyedDocument, key_document
from vcounter.services.identity.read_cards import card_view, resume_readings
from vcounter.services.identity.take_picture import take_picture
from vcounter.services.ports import CardReport, TiltReport
from vcounter.services.visits import guide

FROM, UNTIL = date(2019, 3, 2), date(2039, 3, 2)


async def show(
    checked: IdentityWorld, *, read: bool = True, document: DocumentType | None = None
) -> None:
    """Both sides are photographed; `read` lets the laboratory answer at once."""
    params = {} if document is None else {"document": document.value}
    for kind, still in ((StepKind.CARD_FRONT, FRONT), (StepKind.CARD_BACK, BACK)):
        step = await checked.push(kind, params)
        await take_picture(checked.deps, checked.customer, step.id, still)
        checked.clock.move(seconds=1)
    if read:
        await checked.spawner.run()


async def document_of(checked: IdentityWorld) -> Evidence | None:
    found = await checked.evidence(EvidenceKind.DOCUMENT)
    return found[-1] if found else None


async def key(checked: IdentityWorld, **changed: object) -> Evidence:
    record = await checked.record()
    known = KeyedDocument(record.document_number, record.name, FROM, UNTIL)
    document = replace(known, **changed)  # type: ignore[arg-type]  # by name
    await key_document(checked.deps, check_document, checked.agent, checked.visit_id, document)
    found = await document_of(checked)
    assert found is not None
    return found


async def test_sure_reading_that_agrees_is_the_documents_evidence(checked: IdentityWorld) -> None:
    await checked.read_as()

    await show(checked)

    document = await document_of(checked)
    assert document is not None
    assert (document.outcome, document.source, document.by) == (Outcome.PASSED, Source.UPLOAD, None)
    assert document.detail["source"] == "ocr"
    assert document.detail["read"] == "agrees"
    assert document.detail["portrait"] == "fresh"
    assert len(document.image_sha256) == 64
    identity = await checked.identity()
    assert identity["card"] == {"front": "read", "back": "read", "warnings": []}
    assert identity["document"]["source"] == "ocr"
    states = {line["code"]: line["state"] for line in identity["agreement"]}
    parts = ("number", "name", "birth", "sex", "valid", "stream_front", "stream_back")
    assert {states[part] for part in parts} == {"agrees"}


async def test_customer_does_not_wait_for_the_reading(checked: IdentityWorld) -> None:
    await checked.read_as()

    await show(checked, read=False)

    identity = await checked.identity()
    assert (identity["card"]["front"], identity["card"]["back"]) == ("reading", "reading")
    assert identity["document"] is None


async def test_evidence_holds_no_number_and_no_name(checked: IdentityWorld) -> None:
    await checked.read_as()

    await show(checked)

    document = await document_of(checked)
    record = await checked.record()
    assert document is not None
    said = " ".join(document.detail.values())
    for secret in (record.document_number, record.name, record.birth.isoformat()):
        assert secret not in said
    for event in await checked.events("identity"):
        assert record.document_number not in str(event)
        assert record.name not in str(event)


async def test_another_persons_card_fails_the_document(checked: IdentityWorld) -> None:
    await checked.read_as(
        number=("430102195009309911", 0.99), name=("李建国", 0.99), birth=("1950-09-30", 0.99)
    )

    await show(checked)

    document = await document_of(checked)
    assert document is not None
    assert document.outcome is Outcome.FAILED
    assert document.detail["read"] == "differs"
    assert "number_differs" in document.detail["failing"]


UNSURE: dict[str, dict[str, tuple[str, float] | None]] = {
    "number doubtful": {"number": ("430102195009309911", 0.5)},
    "number edited, check digit wrong": {"number": ("430103195304129920", 0.99)},
    "number missing": {"number": None},
    "name doubtful": {"name": ("张桂芬", 0.85)},
    "dates missing": {"valid_from": None},
    "out of date": {"valid_from": ("2005-03-02", 0.99), "valid_until": ("2025-03-02", 0.99)},
}


@pytest.mark.parametrize("case", UNSURE)
async def test_unsure_reading_decides_nothing(checked: IdentityWorld, case: str) -> None:
    await checked.read_as(**UNSURE[case])

    await show(checked)

    assert await document_of(checked) is None
    assert (await checked.identity())["card"]["front"] == "read"


@pytest.mark.parametrize("silence", ["down", "empty"])
async def test_silent_laboratory_leaves_the_card_to_the_agent(
    checked: IdentityWorld, silence: str
) -> None:
    await checked.read_as()
    await show(checked, read=False)
    if silence == "down":
        checked.lab.down = True
    else:
        checked.lab.readings.clear()

    await checked.spawner.run()

    assert (await checked.identity())["card"]["front"] == "unreadable"
    keyed = await key(checked)
    assert keyed.outcome is Outcome.PASSED
    assert (keyed.detail["source"], keyed.detail["read"]) == ("keyed", "unread")


async def test_sure_reading_beside_another_keyed_number_needs_a_referee(
    checked: IdentityWorld,
) -> None:
    """The agent keys the victim's number while the card shows an edited one."""
    await checked.read_as(number=("430103195304129920", 0.99))
    await show(checked)

    keyed = await key(checked)

    assert keyed.outcome is Outcome.PASSED
    assert keyed.detail["read"] == "differs"


async def test_keyed_document_agrees_with_what_was_read(checked: IdentityWorld) -> None:
    await checked.read_as(valid_from=None)
    await show(checked)

    assert (await key(checked)).detail["read"] == "agrees"


async def test_reading_is_concluded_once(checked: IdentityWorld) -> None:
    await checked.read_as()
    await show(checked)
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)

    await resume_readings(checked.deps, visit)

    assert len(await checked.evidence(EvidenceKind.DOCUMENT)) == 1


async def test_reading_cut_off_by_a_restart_is_taken_up(checked: IdentityWorld) -> None:
    await checked.read_as()
    await show(checked, read=False)
    checked.spawner.drop()
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)

    await resume_readings(checked.deps, visit)

    document = await document_of(checked)
    assert document is not None
    assert document.outcome is Outcome.PASSED


async def test_card_is_shown_to_the_agent_with_an_audit_line(checked: IdentityWorld) -> None:
    await checked.read_as(name=("李建国", 0.7))
    await show(checked)
    async with checked.deps.db.read(SCOPE) as uow:
        visit = await uow.visits.get(checked.visit_id)

    view = await card_view(checked.deps, checked.agent, visit)

    fields = {f["name"]: f for f in view["fields"]}  # type: ignore[attr-defined]
    assert fields["name"]["state"] == "differs"
    assert fields["name"]["text"] == "李建国"
    assert fields["number"]["state"] == "agrees"
    assert fields["valid_until"]["state"] == "agrees"
    assert "name_differs" in view["faults"]  # type: ignore[operator]
    async with checked.deps.db.read(SCOPE) as uow:
        verbs = [line.verb for _, line in await uow.audit.of_object(checked.visit_id)]
    assert "card.read" in verbs


async def test_warnings_of_the_still_stay_with_the_reading(checked: IdentityWorld) -> None:
    checked.lab.card = CardReport(
        Outcome.PASSED, "", FRONT, 1600, 1200, b"anna", agrees=True, warnings=("screen",)
    )
    await checked.read_as()

    await show(checked)

    assert (await checked.identity())["card"]["warnings"] == ["screen"]


async def test_other_document_is_not_read_and_is_keyed_for_a_referee(
    checked: IdentityWorld,
) -> None:
    await show(checked, document=DocumentType.PASSPORT)

    assert set(checked.lab.documents) == {DocumentType.PASSPORT}
    identity = await checked.identity()
    assert (identity["card"]["front"], identity["card"]["back"]) == ("unreadable", "unreadable")
    keyed = await key(checked, number="E00000001", type=DocumentType.PASSPORT)
    assert keyed.detail["type"] == "passport"
    assert (
        "type_differs" in keyed.detail["failing"]
    )  # this subscriber's record names a resident card


async def test_keying_another_kind_than_was_photographed_differs(checked: IdentityWorld) -> None:
    await show(checked, document=DocumentType.PASSPORT)

    assert (await key(checked)).detail["read"] == "differs"


async def test_retake_says_why_and_keeps_the_document(checked: IdentityWorld) -> None:
    await show(checked, document=DocumentType.PASSPORT)

    step = await guide.retake(
        checked.deps, checked.agent, checked.visit_id, StepKind.CARD_BACK, "glare"
    )

    assert step.params == {"reason": "glare", "document": "passport"}
    with pytest.raises(InvalidInput):
        await guide.retake(checked.deps, checked.agent, checked.visit_id, StepKind.FACE, "ugly")


async def test_challenges_of_a_visit_are_counted(checked: IdentityWorld) -> None:
    for _ in range(checked.deps.policy.challenge_tries):
        step = await checked.push(StepKind.FACE)
        async with checked.deps.db.write(SCOPE) as uow:
            step.finish(StepState.FAILED, checked.clock.now())
            await uow.steps.save(step)

    with pytest.raises(TooMany) as refused:
        await checked.push(StepKind.FACE)

    assert refused.value.fields["what"] == "challenges"


@pytest.mark.parametrize(
    ("moved", "result", "warnings"),
    [(True, "moved", []), (False, "still", ["flat"]), (None, "unknown", [])],
)
async def test_tilted_card_leaves_a_warning_and_no_evidence(
    checked: IdentityWorld, moved: bool | None, result: str, warnings: list[str]
) -> None:
    await checked.read_as()
    await show(checked)
    before = len(await checked.evidence(EvidenceKind.CARD_FRONT))
    checked.lab.tilt = TiltReport(moved)
    step = await checked.push(StepKind.CARD_TILT)

    CardTilts(checked.deps, watch_s=0.0).ensure(SCOPE, checked.visit_id, step.id)
    await checked.spawner.run()

    async with checked.deps.db.read(SCOPE) as uow:
        ended = await uow.steps.get(step.id)
    assert (ended.state, ended.outcome) == (StepState.DONE, {"result": result})
    assert (await checked.identity())["card"]["warnings"] == warnings
    assert len(await checked.evidence(EvidenceKind.CARD_FRONT)) == before
    told = [body for kind, body in checked.live.sent if kind == "tilt"]
    assert [body["phase"] for body in told] == ["watching"] * 8 + ["done"]
