"""The counter's errors: each has a stable code, an i18n key and safe fields.

`vcounter.http.problems` turns them into problem+json (RFC 9457); nothing else maps them.
The message is for logs; users see the text behind `problem.<code>` in the locale files.
"""

from __future__ import annotations

from typing import ClassVar


class CounterError(Exception):
    """A request could not be carried out; nothing was changed by it."""

    code: ClassVar[str] = "counter_error"
    status: ClassVar[int] = 400

    def __init__(self, message: str = "", **fields: str | float | bool | list[str]) -> None:
        super().__init__(message or self.code)
        self.fields = fields


class NotSignedIn(CounterError):
    """No valid login or visit credential came with the request."""

    code, status = "not_signed_in", 401


class LoginRefused(CounterError):
    """Name, password or second factor is wrong; which one is not said."""

    code, status = "login_refused", 401


class Forbidden(CounterError):
    """The caller is known but may not do this."""

    code, status = "forbidden", 403


class NotFound(CounterError):
    """There is no such thing for this caller; other tenants' things look the same."""

    code, status = "not_found", 404


class TooMany(CounterError):
    """A rate or guessing limit is reached; `retry_after_s` says when to come back."""

    code, status = "too_many", 429


class InvalidInput(CounterError):
    """A field is missing or malformed; `field` names it and `reason` is an i18n suffix."""

    code, status = "invalid_input", 422


class LinkInvalid(CounterError):
    """The link is forged or unknown."""

    code, status = "link_invalid", 404


class LinkExpired(CounterError):
    """The link's time is over; a new one must be sent."""

    code, status = "link_expired", 410


class LinkInUse(CounterError):
    """The link is already open on another device; the customer is asked before taking over."""

    code, status = "link_in_use", 409


class VisitGone(CounterError):
    """The visit is over, or not in a state that allows this."""

    code, status = "visit_gone", 409


class AgentTaken(CounterError):
    """Another visit reserved the agent first."""

    code, status = "agent_taken", 409


class OfferGone(CounterError):
    """The ring time is over or the customer left; the offer cannot be accepted."""

    code, status = "offer_gone", 409


class WrongState(CounterError):
    """The thing exists but its state does not allow this; `state` tells which it is in."""

    code, status = "wrong_state", 409


class StepGone(CounterError):
    """The step was answered, replaced or cancelled; the answer was not used."""

    code, status = "step_gone", 409


class ConsentMissing(CounterError):
    """The customer has not consented to what this needs; `consent` names it."""

    code, status = "consent_missing", 409


class NotRecording(CounterError):
    """The action needs a recording that is growing, and it is not."""

    code, status = "not_recording", 409


class AssuranceTooLow(CounterError):
    """The party's level or reference does not carry this: `needed`, `held`, `missing`."""

    code, status = "assurance_too_low", 409


class PreconditionFailed(CounterError):
    """The operator's rules refuse the action now; `reason` is an i18n suffix."""

    code, status = "precondition_failed", 409


class ActionClosed(CounterError):
    """The action is switched off or outside its hours. `hours` names them, `hours_zh`, `hours_en`
    say them in words, `opens_at` when it opens next."""

    code, status = "action_closed", 409


class ImageUnusable(CounterError):
    """The picture cannot be used; `reason` tells the customer what to change."""

    code, status = "image_unusable", 422


class MediaUnavailable(CounterError):
    """The media worker did not answer in time; try again."""

    code, status = "media_unavailable", 503


class DocumentUnavailable(CounterError):
    """The paper or the spreadsheet could not be made in time; try again."""

    code, status = "document_unavailable", 503


class OperatorUnavailable(CounterError):
    """The operator's system did not answer; the order is kept and its outcome queried."""

    code, status = "operator_unavailable", 503


class PayloadTooLarge(CounterError):
    """The body is larger than this route takes; `limit_bytes` says how much that is."""

    code, status = "payload_too_large", 413


class KeyReused(CounterError):
    """The idempotency key was used with other inputs."""

    code, status = "key_reused", 409


class CodeWrong(CounterError):
    """The keyed code or password is not right; `tries_left` says how many tries remain."""

    code, status = "code_wrong", 409
