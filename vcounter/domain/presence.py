"""Whether the face that passed the challenge is still there: judged on a sample every few seconds.

Pure: the caller measures frames and says whether a face is the challenge's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vcounter.domain.identity import Outcome

LOST_S = 5.0  # absent, or not alone, for longer than this is worth a person's look
UNSURE_S = 15.0  # a face that cannot be recognised, such as one that looks down at the card
STRANGE_SAMPLES = 2
STRAIGHT_OFFSET = 0.22  # a face turned further is not told from another one by its features


class Seen(StrEnum):
    """What the watcher sees; `none` is nothing judged yet."""

    NONE = "none"
    SAME = "same"
    ABSENT = "absent"
    SECOND = "second"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame: how many faces, whether the main one could be judged, and whether it is the same.

    `same` is None where it cannot be told: turned away, blurred, too dark, too far.
    """

    faces: int
    same: bool | None


OUTCOMES = {
    Seen.SAME: Outcome.PASSED,
    Seen.ABSENT: Outcome.REVIEW,
    Seen.SECOND: Outcome.REVIEW,
    Seen.OTHER: Outcome.FAILED,
}


class PresenceJudge:
    """Turns samples into one state. Time is monotonic seconds and never goes back.

    A face is `same` at once when it is recognised. It is `absent` or there is a `second` one only
    after LOST_S of it, and `other` after STRANGE_SAMPLES samples in a row that surely differ.
    """

    def __init__(self) -> None:
        self.state = Seen.NONE
        self._since: float | None = None  # since when it has not been the same face alone
        self._kind = Seen.ABSENT
        self._strange = 0

    def pause(self) -> None:
        """The camera looks elsewhere: what was seen so far says nothing of what comes after."""
        self._since, self._strange = None, 0

    def feed(self, sample: Sample, at: float) -> Seen:
        """Judge one sample and return the state in force."""
        if sample.faces == 1 and sample.same is True:
            self.pause()
            self.state = Seen.SAME
            return self.state
        if sample.faces == 1 and sample.same is False:
            self._strange += 1
            if self._strange >= STRANGE_SAMPLES:
                self.state = Seen.OTHER
            return self.state
        self._strange = 0
        return self._missing(sample, at)

    def take_back(self) -> None:
        """A closer look did not find another face: count anew."""
        self._strange = 0
        self.state = Seen.ABSENT

    def _missing(self, sample: Sample, at: float) -> Seen:
        self._since = at if self._since is None else self._since
        if sample.faces != 1:
            self._kind = Seen.SECOND if sample.faces > 1 else Seen.ABSENT
        limit = UNSURE_S if sample.faces == 1 else LOST_S
        if at - self._since > limit and self.state is not Seen.OTHER:
            self.state = self._kind if sample.faces != 1 else Seen.ABSENT
        return self.state
