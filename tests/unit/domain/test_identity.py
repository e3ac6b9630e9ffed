"""The level of assurance is computed from evidence and from nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcounter.domain.identity import (
    L2_KINDS,
    L3_KINDS,
    NO_FACE_KINDS,
    Evidence,
    EvidenceKind,
    Level,
    Outcome,
    Path,
    Reference,
    Zone,
    assess,
    covers,
)
from vcounter.domain.ids import EvidenceId, ImageId, Msisdn, PartyId, StaffId, VisitId

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
_numbers = count()


def fact(
    kind: EvidenceKind,
    outcome: Outcome = Outcome.PASSED,
    *,
    reference: Reference = Reference.NONE,
    zone: Zone | None = None,
    detail: dict[str, str] | None = None,
    image: str | None = None,
) -> Evidence:
    number = next(_numbers)
    return Evidence(
        id=EvidenceId(f"evd_{number:06d}"),
        visit_id=VisitId("vis_1"),
        party_id=PartyId("pty_1"),
        msisdn=Msisdn("13800006021"),
        kind=kind,
        outcome=outcome,
        at=NOW + timedelta(seconds=number),
        reference=reference,
        zone=zone,
        image_id=ImageId(image) if image else None,
        detail=detail or {},
    )


def face(reference: Reference, zone: Zone) -> Evidence:
    outcome = {
        Zone.MATCH: Outcome.PASSED,
        Zone.REVIEW: Outcome.REVIEW,
        Zone.MISMATCH: Outcome.FAILED,
    }[zone]
    return fact(EvidenceKind.FACE_MATCH, outcome, reference=reference, zone=zone)


def gathered(
    *, reference: Reference = Reference.ENROLMENT, zone: Zone = Zone.MATCH
) -> list[Evidence]:
    """Everything L2 wants but the decision."""
    facts = [fact(kind) for kind in L2_KINDS if kind is not EvidenceKind.FACE_MATCH]
    return [*facts, face(reference, zone)]


def agent_says(outcome: Outcome = Outcome.PASSED) -> Evidence:
    return fact(EvidenceKind.AGENT_DECISION, outcome)


def referee_says(outcome: Outcome = Outcome.PASSED) -> Evidence:
    return fact(EvidenceKind.REFEREE_DECISION, outcome)


def test_nothing_is_level_zero() -> None:
    held = assess([])

    assert held.level is Level.L0
    assert held.missing == L2_KINDS


@pytest.mark.parametrize("kind", [EvidenceKind.SMS_CODE, EvidenceKind.SERVICE_PASSWORD])
def test_a_code_or_the_password_is_level_one(kind: EvidenceKind) -> None:
    assert assess([fact(kind)]).level is Level.L1
    assert assess([fact(kind, Outcome.FAILED)]).level is Level.L0


def test_told_facts_carry_protective_actions_only() -> None:
    held = assess([fact(EvidenceKind.PROTECTIVE_FACTS)])

    assert held.level is Level.L1A
    assert covers(held.level, Level.L1A)
    assert not covers(held.level, Level.L1)


def test_level_two_wants_the_agents_decision_after_everything_else() -> None:
    decision = agent_says()
    everything = gathered()

    assert assess([decision, *everything]).missing == (EvidenceKind.AGENT_DECISION,)
    assert assess([*everything, agent_says()]).level is Level.L2


@pytest.mark.parametrize("left_out", L2_KINDS)
def test_level_two_wants_each_kind(left_out: EvidenceKind) -> None:
    facts = [e for e in gathered() if e.kind is not left_out]

    held = assess([*facts, agent_says()])

    assert held.level is Level.L0
    assert left_out in held.missing


def test_a_failed_document_is_missing() -> None:
    facts = [*gathered(), fact(EvidenceKind.DOCUMENT, Outcome.FAILED), agent_says()]

    assert assess(facts).missing == (EvidenceKind.DOCUMENT,)


def test_the_reference_is_the_best_that_was_not_a_mismatch() -> None:
    both = [*gathered(reference=Reference.CARD), face(Reference.ENROLMENT, Zone.MATCH)]

    assert assess([*both, agent_says()]).reference is Reference.ENROLMENT
    assert assess([*gathered(reference=Reference.CARD), agent_says()]).reference is Reference.CARD


def test_forged_card_with_own_portrait_needs_a_referee_because_enrolment_mismatches() -> None:
    """The forger's face matches the portrait he printed, and not the operator's photograph."""
    facts = [*gathered(reference=Reference.CARD), face(Reference.ENROLMENT, Zone.MISMATCH)]

    held = assess([*facts, agent_says()])

    assert held.level is Level.L0
    assert held.needs_referee
    passed = assess([*facts, agent_says(), referee_says()])
    assert (passed.level, passed.reference) == (Level.L2, Reference.CARD)


def test_review_zone_is_the_agents_to_decide() -> None:
    held = assess([*gathered(zone=Zone.REVIEW), agent_says()])

    assert (held.level, held.reference) == (Level.L2, Reference.ENROLMENT)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REVIEW])
@pytest.mark.parametrize(
    "kind", [EvidenceKind.LIVENESS, EvidenceKind.CARD_FRONT, EvidenceKind.CARD_BACK]
)
def test_doubtful_liveness_or_cards_are_the_referees(kind: EvidenceKind, outcome: Outcome) -> None:
    facts = [*gathered(), fact(kind, outcome)]

    held = assess([*facts, agent_says()])

    assert (held.level, held.needs_referee) == (Level.L0, True)
    assert assess([*facts, referee_says()]).level is Level.L2


def test_an_old_card_portrait_alone_is_the_referees() -> None:
    def keyed() -> Evidence:
        return fact(EvidenceKind.DOCUMENT, detail={"portrait": "old"})

    alone = assess([*gathered(reference=Reference.CARD), keyed(), agent_says()])
    with_enrolment = assess([*gathered(), keyed(), agent_says()])

    assert (alone.level, alone.needs_referee) == (Level.L0, True)
    assert with_enrolment.level is Level.L2


def test_a_refusal_stands_until_new_evidence() -> None:
    facts = [*gathered(), agent_says(), agent_says(Outcome.FAILED)]

    assert assess(facts).level is Level.L0
    assert assess([*facts, agent_says()]).level is Level.L0
    assert assess([*facts, fact(EvidenceKind.CARD_FRONT), agent_says()]).level is Level.L2


def test_a_referees_refusal_is_not_asked_away() -> None:
    """Asking again must not let the agent pass what the referee has just refused."""
    refused = [*gathered(), referee_says(Outcome.FAILED), referee_says(Outcome.REVIEW)]

    assert assess([*refused, agent_says()]).level is Level.L0


def test_a_photographs_match_lends_nothing_to_whoever_passes_the_next_challenge() -> None:
    """The victim's photograph fails one challenge, the impostor's own head passes another."""
    kinds = (EvidenceKind.CARD_FRONT, EvidenceKind.CARD_BACK, EvidenceKind.DOCUMENT)
    photograph = [
        fact(EvidenceKind.LIVENESS, Outcome.FAILED, image="img_photo"),
        matched("img_photo", Zone.MATCH),
    ]
    impostor = fact(EvidenceKind.LIVENESS, image="img_head")
    seen = fact(EvidenceKind.PRESENCE, image="img_head")
    facts = [*(fact(k) for k in kinds), *photograph, impostor, seen]

    assert assess([*facts, agent_says()]).missing == (EvidenceKind.FACE_MATCH,)
    assert assess([*facts, matched("img_head", Zone.MATCH), agent_says()]).level is Level.L2


def test_a_mismatch_stands_until_the_same_reference_is_compared_again() -> None:
    kinds = (EvidenceKind.CARD_FRONT, EvidenceKind.CARD_BACK, EvidenceKind.DOCUMENT)
    facts = [
        *(fact(k) for k in kinds),
        matched("img_first", Zone.MISMATCH),
        fact(EvidenceKind.LIVENESS, image="img_second"),
        matched("img_second", Zone.MATCH, Reference.CARD),
        fact(EvidenceKind.PRESENCE, image="img_second"),
    ]

    assert assess([*facts, agent_says()]).needs_referee
    assert assess([*facts, matched("img_second", Zone.MATCH), agent_says()]).level is Level.L2


def matched(image: str, zone: Zone, reference: Reference = Reference.ENROLMENT) -> Evidence:
    return fact(EvidenceKind.FACE_MATCH, reference=reference, zone=zone, image=image)


def test_an_unanswered_referral_does_not_pass() -> None:
    facts = [*gathered(zone=Zone.MISMATCH), referee_says(Outcome.REVIEW)]

    assert assess(facts).missing == (EvidenceKind.REFEREE_DECISION,)


def test_referee_is_named_as_needed_while_things_are_missing() -> None:
    held = assess([face(Reference.ENROLMENT, Zone.MISMATCH)])

    assert held.needs_referee
    assert not assess([fact(EvidenceKind.LIVENESS, Outcome.FAILED)]).needs_referee


def test_a_passed_face_in_no_zone_gives_no_reference() -> None:
    odd = fact(EvidenceKind.FACE_MATCH, reference=Reference.CARD)
    facts = [fact(k) for k in L2_KINDS if k is not EvidenceKind.FACE_MATCH]

    assert assess([*facts, odd, agent_says()]).reference is Reference.NONE


_ANY = st.builds(
    fact,
    st.sampled_from(EvidenceKind),
    st.sampled_from(Outcome),
    reference=st.sampled_from(Reference),
    zone=st.sampled_from([None, *Zone]),
)


@given(st.lists(_ANY, max_size=14))
def test_level_two_never_without_a_passed_decision_and_a_passed_document(
    facts: list[Evidence],
) -> None:
    held = assess(facts)

    if held.level is Level.L2:
        decided = {e.kind for e in facts if e.outcome is Outcome.PASSED}
        assert decided & {EvidenceKind.AGENT_DECISION, EvidenceKind.REFEREE_DECISION}
        assert EvidenceKind.DOCUMENT in decided
    assert held.level is not Level.L3


def test_a_challenge_is_nobodys_once_another_face_was_seen() -> None:
    swapped = [*gathered(), fact(EvidenceKind.PRESENCE, Outcome.FAILED)]
    back = [*swapped, fact(EvidenceKind.PRESENCE)]

    for facts in (swapped, back):
        held = assess([*facts, agent_says(), referee_says()])
        assert held.level is Level.L0
        assert EvidenceKind.LIVENESS in held.missing


def test_presence_belongs_to_the_challenge_it_follows() -> None:
    facts = [
        *gathered(),
        fact(EvidenceKind.LIVENESS, image="img_new"),
        matched("img_new", Zone.MATCH),
    ]

    assert assess([*facts, agent_says()]).missing == (EvidenceKind.PRESENCE,)


def test_a_face_out_of_view_at_the_decision_wants_the_referee() -> None:
    facts = [*gathered(), fact(EvidenceKind.PRESENCE, Outcome.REVIEW)]

    assert assess([*facts, agent_says()]).needs_referee
    assert assess([*facts, fact(EvidenceKind.PRESENCE), agent_says()]).level is Level.L2


@pytest.mark.parametrize("detail", [{"read": "differs"}, {"type": "passport"}])
def test_a_document_that_reads_otherwise_or_is_foreign_wants_the_referee(
    detail: dict[str, str],
) -> None:
    facts = [*gathered(), fact(EvidenceKind.DOCUMENT, detail=detail)]

    assert assess([*facts, agent_says()]).needs_referee
    assert assess([*facts, referee_says()]).level is Level.L2


def without_a_face() -> list[Evidence]:
    refusal = fact(EvidenceKind.FACE_CONSENT, Outcome.FAILED)
    return [refusal, *(fact(kind) for kind in NO_FACE_KINDS)]


def test_who_refuses_face_processing_is_known_by_a_referee_and_without_a_reference() -> None:
    assert assess([*without_a_face(), agent_says()]).level is Level.L0

    held = assess([*without_a_face(), referee_says()])

    assert (held.level, held.reference, held.path) == (Level.L2, Reference.NONE, Path.NO_FACE)


@pytest.mark.parametrize("kind", NO_FACE_KINDS)
def test_without_a_face_each_of_the_other_means_must_be_there(kind: EvidenceKind) -> None:
    facts = [e for e in without_a_face() if e.kind is not kind]

    assert assess([*facts, referee_says()]).missing == (kind,)


def test_consent_given_later_leads_back_to_the_face() -> None:
    facts = [*without_a_face(), fact(EvidenceKind.FACE_CONSENT)]

    assert assess([*facts, referee_says()]).path is Path.FACE


def test_no_face_never_reaches_l3() -> None:
    facts = [*without_a_face(), referee_says(), *(approved_by("stf_lead"))]

    assert assess(facts).level is Level.L2


def approved_by(staff: str) -> list[Evidence]:
    approval = replace(fact(EvidenceKind.APPROVAL), by=StaffId(staff))
    return [fact(EvidenceKind.READ_BACK), fact(EvidenceKind.RECORDING), approval_after(approval)]


def approval_after(approval: Evidence) -> Evidence:
    return replace(approval, at=NOW + timedelta(seconds=next(_numbers)))


def test_l3_is_l2_read_back_recorded_and_approved_by_somebody_else() -> None:
    decided = [*gathered(), replace(agent_says(), by=StaffId("stf_agent"))]

    assert assess(decided).to_l3 == L3_KINDS
    assert assess([*decided, *approved_by("stf_lead")]).level is Level.L3
    own = assess([*decided, *approved_by("stf_agent")])
    assert (own.level, own.to_l3) == (Level.L2, (EvidenceKind.APPROVAL,))


def test_approval_before_the_read_back_approves_nothing() -> None:
    decided = [*gathered(), replace(agent_says(), by=StaffId("stf_agent"))]
    early = replace(fact(EvidenceKind.APPROVAL), by=StaffId("stf_lead"))
    later = [fact(EvidenceKind.READ_BACK), fact(EvidenceKind.RECORDING)]

    assert assess([*decided, early, *later]).to_l3 == (EvidenceKind.APPROVAL,)


def test_a_refusal_stands_though_the_face_is_looked_at_again() -> None:
    refused = [*gathered(zone=Zone.MISMATCH), referee_says(Outcome.FAILED)]
    again = [*refused, fact(EvidenceKind.PRESENCE), referee_says()]

    assert assess(again).level is Level.L0
    assert assess([*again, fact(EvidenceKind.CARD_FRONT), referee_says()]).level is Level.L2
