"""The steps an agent may push to the customer's screen, and what each one's answer means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vcounter.domain.errors import StepGone
from vcounter.domain.ids import OrderId, StepId, VisitId


class StepKind(StrEnum):
    CONSENT = "consent"
    CAMERA = "camera"
    FACE = "face"
    CARD_FRONT = "card_front"
    CARD_BACK = "card_back"
    CARD_TILT = "card_tilt"
    NUMBER_PAD = "number_pad"
    CONFIRM = "confirm"
    READ_BACK = "read_back"
    SHOW = "show"
    MESSAGE = "message"
    SIGN = "sign"
    PAY = "pay"
    PHOTO = "photo"


class RetakeReason(StrEnum):
    """Why a picture is asked for again; stable, i18n suffixes on both pages."""

    BLURRED = "blurred"
    GLARE = "glare"
    TOO_DARK = "too_dark"
    TOO_FAR = "too_far"
    CUT_OFF = "cut_off"
    FINGER = "finger"
    WRONG_SIDE = "wrong_side"
    FACE_HIDDEN = "face_hidden"
    LOOK_AGAIN = "look_again"
    OTHER = "other"


class StepState(StrEnum):
    PUSHED = "pushed"
    DONE = "done"
    DECLINED = "declined"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(slots=True)
class Step:
    """One thing on the customer's screen. At most one step of a visit is `pushed` at a time.

    `params` is shown to both sides and therefore never holds a secret; `sealed` means that the
    value behind it is fetched by the customer's page alone and that media are shut meanwhile.
    `outcome` holds what the agent may see of the answer.
    """

    id: StepId
    visit_id: VisitId
    kind: StepKind
    state: StepState
    pushed_at: datetime
    params: dict[str, str] = field(default_factory=dict)
    sealed: bool = False
    order_id: OrderId | None = None
    outcome: dict[str, str] = field(default_factory=dict)
    ended_at: datetime | None = None
    version: int = 0

    def finish(
        self, state: StepState, now: datetime, outcome: dict[str, str] | None = None
    ) -> None:
        """End the step once; raises StepGone if it has ended already."""
        if self.state is not StepState.PUSHED:
            raise StepGone(state=self.state.value)
        self.state, self.ended_at = state, now
        if outcome:
            self.outcome = {**self.outcome, **outcome}
