"""Every branch of the head-turn judge, on made-up measurements."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from vcounter.domain.challenge import CHALLENGE_BITS
from vcounter.domain.identity import Outcome
from vcounter.domain.liveness import (
    MAX_CROWDED,
    Advice,
    Challenge,
    Hint,
    Reason,
    TurnJudge,
    new_challenge,
)

# left, then across to the right, then (right again) straight, then right, then straight
LEFT_RIGHT = Challenge(("left", "right", "right", "right", "right"), (500,) * 5)


@dataclass(frozen=True)
class Frame:
    faces: int = 1
    nose_offset: float = 0.02
    eye_distance_px: float = 80.0
    sharpness: float = 100.0
    brightness: float = 120.0
    box: tuple[float, float, float, float] = (0.3, 0.2, 0.3, 0.5)


STRAIGHT = Frame()
TO_LEFT = Frame(nose_offset=0.45, eye_distance_px=62.0)
TO_RIGHT = Frame(nose_offset=-0.40, eye_distance_px=62.0)
TILTED_PHOTO = Frame(nose_offset=0.07, eye_distance_px=60.0)
NOBODY = Frame(0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0, 0.0))


class Run:
    """A judge and its clock: frames come every 300 ms."""

    def __init__(self, challenge: Challenge = LEFT_RIGHT) -> None:
        self.at = 100.0
        self.judge = TurnJudge(challenge, self.at)

    def feed(self, frame: Frame, times: int = 1, *, same: bool = True, step: float = 0.3) -> Advice:
        for _ in range(times):
            self.at += step
            advice = self.judge.feed(frame, self.at, same_person=same)
        return advice

    def until(self, phase: str, frame: Frame = STRAIGHT, *, reacts: bool = True) -> Advice:
        """Until a word comes and, if it is one to move, for as long as it takes to react."""
        for _ in range(30):
            advice = self.feed(frame)
            if advice.phase == phase:
                moves = phase.startswith("turn") or advice.hint == Hint.BACK
                return self.feed(frame, 2) if moves and reacts else advice
        raise AssertionError(f"{phase} never came")

    def end(self, frame: Frame = STRAIGHT, *, same: bool = True) -> tuple[Outcome, str]:
        for _ in range(600):
            if self.judge.verdict is not None:
                return self.judge.verdict.outcome, self.judge.verdict.reason
            self.feed(frame, same=same)
        raise AssertionError("the challenge never ended")


def test_every_place_of_the_walk_passes():
    run = Run()

    run.until("turn_left")
    run.feed(TO_LEFT, 2)
    run.until("turn_right", TO_LEFT)
    run.feed(TO_RIGHT, 2)
    assert run.until("straight", TO_RIGHT).hint == Hint.BACK
    run.feed(STRAIGHT, 2)
    run.until("turn_right")
    run.feed(TO_RIGHT, 2)
    run.until("straight", TO_RIGHT)
    run.feed(STRAIGHT)
    assert run.judge.verdict is None
    advice = run.feed(STRAIGHT)

    assert advice == Advice("done", "")
    verdict = run.judge.verdict
    assert verdict is not None
    assert verdict.outcome is Outcome.PASSED
    assert verdict.turns == ("left", "right", "right")
    assert verdict.offsets == pytest.approx((0.43, 0.42, 0.42))
    assert len(verdict.best_frames) >= 5
    assert verdict.detail()["turns"] == "left,right,right"
    assert run.feed(STRAIGHT) == Advice("done")


def test_walk_that_ends_at_a_side_passes_there():
    run = Run(Challenge(("left",) * 5, (0,) * 5))
    for _ in range(2):
        run.until("turn_left")
        run.feed(TO_LEFT, 2)
        run.until("straight", TO_LEFT)
        run.feed(STRAIGHT, 2)
    run.until("turn_left")

    assert run.feed(TO_LEFT, 2) == Advice("done", "")
    assert run.end() == (Outcome.PASSED, Reason.NONE)


def test_turned_head_stays_until_the_next_word():
    run = Run()
    run.until("turn_left")
    assert run.feed(TO_LEFT, 2) == Advice("turn_left", Hint.NONE)

    assert run.feed(STRAIGHT) == Advice("retry", Hint.TOO_EARLY)


def test_head_that_leaves_its_side_with_the_word_itself_is_no_answer():
    run = Run()
    run.until("turn_left")
    run.feed(TO_LEFT, 2)
    run.until("turn_right", TO_LEFT, reacts=False)

    assert run.feed(STRAIGHT, step=0.5) == Advice("retry", Hint.TOO_EARLY)


def test_passing_the_middle_on_the_way_across_is_fine_and_resting_there_is_not():
    crossing, resting = Run(), Run()
    for run in (crossing, resting):
        run.until("turn_left")
        run.feed(TO_LEFT, 2)
        run.until("turn_right", TO_LEFT)

    assert crossing.feed(STRAIGHT, 3).phase == "turn_right"
    assert crossing.feed(TO_RIGHT, 2) == Advice("turn_right", Hint.NONE)
    assert resting.feed(STRAIGHT, 6) == Advice("retry", Hint.WRONG_WAY)


def test_look_back_that_overshoots_is_the_wrong_way():
    run = Run(Challenge(("left", "left"), (500, 500)))
    run.until("turn_left")
    run.feed(TO_LEFT, 2)
    run.until("straight", TO_LEFT)

    assert run.feed(TO_RIGHT, 2) == Advice("retry", Hint.WRONG_WAY)


def test_customer_holds_still_before_the_prompt_comes():
    run = Run()

    phases = [run.feed(STRAIGHT).phase for _ in range(8)]

    assert phases == ["straight"] * 3 + ["hold"] * 2 + ["turn_left"] * 3


def test_person_who_sits_askew_is_measured_from_their_own_baseline():
    run = Run()

    run.until("turn_left", Frame(nose_offset=-0.2))

    assert run.feed(Frame(nose_offset=0.12), 2) == Advice("turn_left", Hint.NONE)
    assert run.until("turn_right", Frame(nose_offset=0.12)).hint == Hint.NONE


def test_turn_short_of_the_threshold_is_asked_to_go_further_and_never_passes():
    run = Run()
    run.until("turn_left")

    hints = {run.feed(Frame(nose_offset=0.25)).hint for _ in range(12)}
    outcome, _ = run.end(Frame(nose_offset=0.25))

    assert Hint.FURTHER in hints
    assert outcome is Outcome.REVIEW


def test_flat_photo_that_is_tilted_at_the_prompt_fails_as_flat():
    run = Run()
    run.until("turn_left")

    assert run.end(TILTED_PHOTO) == (Outcome.FAILED, Reason.FLAT)


def test_picture_without_any_motion_fails_as_frozen():
    assert Run().end(STRAIGHT) == (Outcome.FAILED, Reason.FROZEN)


def test_person_who_never_turns_is_for_review():
    run = Run()
    while run.judge.verdict is None:
        run.feed(replace(STRAIGHT, nose_offset=0.02 + 0.02 * (int(run.at) % 3)))

    assert run.end() == (Outcome.REVIEW, Reason.TURN_MISSING)


def test_turn_before_the_prompt_starts_anew():
    run = Run()
    run.until("hold")

    assert run.feed(TO_LEFT) == Advice("retry", Hint.TOO_EARLY)


def test_turn_within_the_reaction_time_starts_anew():
    run = Run()
    run.until("turn_left", reacts=False)

    assert run.feed(TO_LEFT, step=0.5) == Advice("retry", Hint.TOO_EARLY)


def test_small_movement_before_the_prompt_delays_it():
    run = Run()
    run.until("hold")

    assert run.feed(Frame(nose_offset=0.2), 5) == Advice("hold", Hint.LOOK_STRAIGHT)


def test_two_turns_out_of_turn_end_in_review_with_the_last_reason():
    run = Run()
    for _ in range(2):
        run.until("hold")
        run.feed(TO_LEFT)

    assert run.end() == (Outcome.REVIEW, Reason.TOO_EARLY)
    assert run.judge.verdict is not None
    assert run.judge.verdict.strikes == 2


def test_three_interruptions_end_in_review():
    run = Run()
    assert not run.judge.has_baseline
    run.feed(replace(STRAIGHT, nose_offset=0.08))
    for _ in range(3):
        run.until("hold")
        assert run.judge.has_baseline
        run.feed(STRAIGHT, step=3.0)

    assert run.end() == (Outcome.REVIEW, Reason.LEFT_VIEW)
    assert run.judge.verdict is not None
    assert run.judge.verdict.strikes == 3


def test_turn_to_the_wrong_side_starts_anew_with_another_prompt():
    run = Run()
    run.until("turn_left")

    assert run.feed(TO_RIGHT, 2) == Advice("retry", Hint.WRONG_WAY)
    assert run.until("turn_right").phase == "turn_right"


def test_mistake_takes_back_the_moves_made_before():
    run = Run(Challenge(("left", "right", *["left", "right"] * 3), (500,) * 8))
    run.until("turn_left")
    run.feed(TO_LEFT, 2)
    run.until("turn_right", TO_LEFT)
    assert run.feed(STRAIGHT, 6).phase == "retry"

    before = STRAIGHT
    for side, frame in (("turn_left", TO_LEFT), ("turn_right", TO_RIGHT)) * 2:
        run.until(side, before)
        run.feed(frame, 2)
        before = frame

    assert run.judge.verdict is None


def test_after_a_mistake_the_baseline_stands_and_the_head_comes_back_to_it():
    run = Run()
    run.until("turn_left")
    assert run.feed(TO_RIGHT, 2).phase == "retry"

    assert run.feed(TO_RIGHT, 3) == Advice("straight", Hint.LOOK_STRAIGHT)
    assert run.feed(STRAIGHT) == Advice("straight", Hint.NONE)
    assert run.feed(TO_RIGHT) == Advice("straight", Hint.LOOK_STRAIGHT)
    assert run.feed(STRAIGHT) == Advice("straight", Hint.NONE)
    assert run.feed(STRAIGHT) == Advice("hold", Hint.NONE)


def test_two_faces_are_told_and_then_fail():
    run = Run()
    run.feed(STRAIGHT, 3)

    assert run.feed(Frame(faces=2)) == Advice("retry", Hint.TWO_FACES)
    assert run.feed(Frame(faces=2), MAX_CROWDED) == Advice("done")
    assert run.end() == (Outcome.FAILED, Reason.TWO_FACES)


def test_second_face_during_a_turn_takes_the_turn_back():
    run = Run()
    run.until("turn_left")
    run.feed(TO_LEFT)

    run.feed(Frame(faces=2))

    assert run.feed(STRAIGHT).phase == "straight"


def test_another_person_looking_straight_fails():
    run = Run()
    run.feed(STRAIGHT, 5)

    assert run.feed(STRAIGHT, same=False) == Advice("hold", Hint.SAME_PERSON)
    assert run.end(STRAIGHT, same=False) == (Outcome.FAILED, Reason.PERSON_CHANGED)


def test_turned_face_of_another_person_does_not_count():
    run = Run()
    run.until("turn_left")

    advice = run.feed(TO_LEFT, 5, same=False)

    assert advice == Advice("turn_left", Hint.FURTHER)
    assert run.judge.verdict is None
    run.feed(TO_LEFT, 2)
    assert run.feed(TO_LEFT, same=False) == Advice("turn_left", Hint.NONE)


def test_stranger_turned_away_before_the_start_is_asked_to_look_straight():
    assert Run().feed(TO_LEFT, same=False) == Advice("straight", Hint.LOOK_STRAIGHT)


def test_face_that_leaves_for_long_starts_anew():
    run = Run()
    run.until("turn_left")

    assert run.feed(NOBODY) == Advice("turn_left", Hint.NO_FACE)
    assert run.feed(NOBODY, 9).phase in ("retry", "straight")


def test_gap_between_frames_starts_anew():
    run = Run()
    run.until("turn_left")

    assert run.feed(TO_LEFT, step=4.0) == Advice("retry", Hint.LOOK_STRAIGHT)


def test_nobody_at_all_ends_in_review():
    assert Run().end(NOBODY) == (Outcome.REVIEW, Reason.NO_FACE)


def test_face_that_never_looks_straight_ends_in_review():
    run = Run()

    assert run.feed(TO_LEFT) == Advice("straight", Hint.LOOK_STRAIGHT)
    run.feed(replace(TO_LEFT, nose_offset=0.6))
    assert run.end(TO_LEFT) == (Outcome.REVIEW, Reason.TIME_LIMIT)


def test_restless_baseline_is_not_taken():
    run = Run()
    for offset in (0.0, 0.2, -0.2, 0.2, -0.2, 0.2):
        advice = run.feed(Frame(nose_offset=offset))

    assert advice == Advice("straight", Hint.LOOK_STRAIGHT)


@pytest.mark.parametrize(
    ("frame", "hint"),
    [
        (replace(STRAIGHT, eye_distance_px=20.0), Hint.CLOSER),
        (replace(STRAIGHT, sharpness=2.0), Hint.BLURRED),
        (replace(STRAIGHT, brightness=10.0), Hint.TOO_DARK),
        (replace(STRAIGHT, brightness=230.0), Hint.TOO_BRIGHT),
    ],
)
def test_unusable_frame_says_what_to_change(frame: Frame, hint: Hint):
    assert Run().feed(frame) == Advice("straight", hint)


def test_challenge_draws_each_side_and_wait_from_bits_of_its_own():
    sides = {new_challenge(1 << 3 * draw).sides for draw in range(16)}
    waits = {new_challenge(6 << 3 * draw).delays_ms for draw in range(16)}

    assert len(sides) == len(waits) == 16
    assert new_challenge(2**CHALLENGE_BITS - 1) == Challenge(("left",) * 16, (2250,) * 16)
    assert new_challenge(0) == Challenge(("right",) * 16, (0,) * 16)


def test_one_word_in_four_is_made_to_wait():
    delays = [new_challenge(bits).delays_ms[0] for bits in range(8)]

    assert sorted(delays) == [0] * 6 + [2250] * 2


def test_challenge_refuses_negative_bits():
    with pytest.raises(ValueError, match="negative"):
        new_challenge(-1)
