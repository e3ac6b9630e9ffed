"""Whether the face of the challenge is still there: when it is told, and when it is given the
benefit of the doubt."""

from __future__ import annotations

from vcounter.domain.presence import (
    LOST_S,
    OUTCOMES,
    UNSURE_S,
    PresenceJudge,
    Sample,
    Seen,
)

SAME, STRANGER, NOBODY = Sample(1, True), Sample(1, False), Sample(0, None)
PAIR, UNCLEAR = Sample(2, None), Sample(1, None)


def feed(judge: PresenceJudge, *samples: tuple[Sample, float]) -> list[Seen]:
    return [judge.feed(sample, at) for sample, at in samples]


def test_face_that_is_recognised_is_the_same_at_once() -> None:
    assert feed(PresenceJudge(), (SAME, 0.0)) == [Seen.SAME]


def test_nothing_is_said_before_the_first_face() -> None:
    assert feed(PresenceJudge(), (NOBODY, 0.0), (NOBODY, LOST_S)) == [Seen.NONE, Seen.NONE]


def test_moment_out_of_the_picture_is_forgiven() -> None:
    judge = PresenceJudge()

    states = feed(judge, (SAME, 0.0), (NOBODY, 3.0), (NOBODY, 3.0 + LOST_S), (SAME, 9.0))

    assert set(states) == {Seen.SAME}


def test_longer_absence_is_told_and_ends_with_the_face() -> None:
    judge = PresenceJudge()

    states = feed(judge, (SAME, 0.0), (NOBODY, 3.0), (NOBODY, 8.1), (SAME, 11.0))

    assert states == [Seen.SAME, Seen.SAME, Seen.ABSENT, Seen.SAME]


def test_second_face_that_stays_is_told() -> None:
    judge = PresenceJudge()

    assert feed(judge, (SAME, 0.0), (PAIR, 3.0), (PAIR, 9.0))[-1] is Seen.SECOND


def test_face_that_cannot_be_told_is_waited_for_longer() -> None:
    judge = PresenceJudge()

    states = feed(judge, (SAME, 0.0), (UNCLEAR, 3.0), (UNCLEAR, 9.0), (UNCLEAR, 3.1 + UNSURE_S))

    assert states == [Seen.SAME, Seen.SAME, Seen.SAME, Seen.ABSENT]


def test_one_strange_sample_is_not_another_person_and_two_are() -> None:
    judge = PresenceJudge()

    assert (
        feed(judge, (SAME, 0.0), (STRANGER, 3.0), (SAME, 6.0), (STRANGER, 9.0)) == [Seen.SAME] * 4
    )
    assert feed(judge, (STRANGER, 12.0)) == [Seen.OTHER]


def test_strange_samples_with_a_gap_between_them_do_not_add_up() -> None:
    judge = PresenceJudge()

    assert Seen.OTHER not in feed(
        judge, (SAME, 0.0), (STRANGER, 3.0), (NOBODY, 4.0), (STRANGER, 6.0)
    )


def test_other_person_does_not_become_absent_by_leaving() -> None:
    judge = PresenceJudge()

    states = feed(judge, (STRANGER, 0.0), (STRANGER, 3.0), (NOBODY, 6.0), (NOBODY, 20.0))

    assert states[1:] == [Seen.OTHER] * 3


def test_closer_look_takes_the_other_person_back() -> None:
    judge = PresenceJudge()
    feed(judge, (STRANGER, 0.0), (STRANGER, 3.0))

    judge.take_back()

    assert judge.state is Seen.ABSENT
    assert feed(judge, (SAME, 6.0)) == [Seen.SAME]


def test_pause_forgets_what_was_counted() -> None:
    judge = PresenceJudge()
    feed(judge, (SAME, 0.0), (NOBODY, 3.0), (STRANGER, 4.0))

    judge.pause()

    assert feed(judge, (NOBODY, 60.0), (STRANGER, 61.0)) == [Seen.SAME, Seen.SAME]


def test_every_state_but_none_has_its_outcome() -> None:
    assert set(OUTCOMES) == set(Seen) - {Seen.NONE}
