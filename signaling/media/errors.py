"""What the bridge can refuse, one root error with a stable code."""

from __future__ import annotations


class MediaError(Exception):
    """The bridge did not do what was asked. `code` is stable and safe to show to a client."""

    code = "media_unavailable"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail


class MediaUnavailable(MediaError):
    """The worker process is down, or went down before it answered. A later attempt may work."""


class MediaTimeout(MediaError):
    """The worker did not answer in time; whether it acted is unknown."""

    code = "media_timeout"


class NoSuchLeg(MediaError):
    """No peer connection of that call and leg is open."""

    code = "no_such_leg"


class StaleNegotiation(MediaError):
    """An answer or candidate for an offer that a newer one has replaced. Safe to ignore."""

    code = "stale_negotiation"


class BadDescription(MediaError):
    """The answer or the candidate is not one that this offer allows."""

    code = "bad_description"


class NoKeyframe(MediaError):
    """No whole intra frame arrived before the time-out."""

    code = "no_keyframe"


class Sealed(MediaError):
    """The customer's picture is shut; nothing of it leaves the bridge."""

    code = "sealed"


class RecordingFailed(MediaError):
    """The raw file cannot be opened, is written by somebody else, or is of another visit."""

    code = "recording_failed"


class NothingRecorded(MediaError):
    """The file holds no chunk that this key opens."""

    code = "nothing_recorded"


BY_CODE: dict[str, type[MediaError]] = {
    error.code: error
    for error in (
        MediaUnavailable,
        MediaTimeout,
        NoSuchLeg,
        StaleNegotiation,
        BadDescription,
        NoKeyframe,
        Sealed,
        RecordingFailed,
        NothingRecorded,
    )
}
