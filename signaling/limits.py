"""Sans-I/O: the limits of the wire and the close codes, each listed once (docs/signaling.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

VERSION: Final = 1
MAX_FRAME_BYTES: Final = 64 * 1024  # an SDP with every candidate fits several times
MAX_SEND_BYTES: Final = 16 * 1024  # a whole `send` frame
RATE_PER_S: Final = 50.0
RATE_BURST: Final = 100
MAX_ROOMS: Final = 8  # joined at once by one connection
HELLO_TIMEOUT_S: Final = 5.0
HEARTBEAT_S: Final = 4.0  # how often a client pings
SILENCE_S: Final = 12.0  # after which the server gives a client up
SEND_QUEUE: Final = 256  # messages waiting for one slow client


class CloseCode(IntEnum):
    """Why the server closed. 4000-4499: reconnecting may help; 4500-4999: it will not."""

    GOING_AWAY = 4000  # the server restarts or cannot serve now
    HEARTBEAT_LOST = 4001  # no frame for SILENCE_S, or no hello in HELLO_TIMEOUT_S
    SLOW_CONSUMER = 4002  # more than SEND_QUEUE messages were waiting
    TICKET_INVALID = 4003  # unknown, used or expired ticket: get a new one
    REPLACED = 4004  # the same page has connected anew
    PROTOCOL_ERROR = 4500  # malformed, unknown or out-of-order message
    TOO_LARGE = 4501  # a frame over MAX_FRAME_BYTES, or a send over MAX_SEND_BYTES
    RATE_LIMITED = 4502  # more than RATE_PER_S for longer than RATE_BURST allows
    FORBIDDEN = 4503  # access was withdrawn
    TAKEN_OVER = 4504  # another device or page of the same person took over
    VISIT_OVER = 4505  # the room is closed for good
    VERSION = 4506  # the page is too old or too new: reload it

    @property
    def may_reconnect(self) -> bool:
        return self < 4500


@dataclass(frozen=True, slots=True)
class Limits:
    """What one node allows. The defaults are the documented ones; tests shorten them."""

    rate_per_s: float = RATE_PER_S
    rate_burst: int = RATE_BURST
    max_rooms: int = MAX_ROOMS
    hello_timeout_s: float = HELLO_TIMEOUT_S
    heartbeat_s: float = HEARTBEAT_S
    silence_s: float = SILENCE_S
    send_queue: int = SEND_QUEUE
    inbox: int = 64  # of one connection's messages waiting for the host; more is RATE_LIMITED
    unauthenticated: int = 200  # connections without a welcome yet; more are denied with 503
    ring: int = 256  # events a room keeps for those who resume
    host_timeout_s: float = 10.0  # for one call to the host
    media_timeout_s: float = 8.0  # for one call to the media client
    offer_gap_s: float = 1.0  # between two offers to one leg
    left_grace_s: float = 3.0  # a reconnect within it is not reported as having left
    media_grace_s: float = 30.0  # media outlive the connection for so long
    room_ttl_s: float = 120.0  # an empty room's events are kept for so long
    close_timeout_s: float = 2.0  # for the last frames of a closing connection
    tick_s: float = 0.25  # how often the hub looks at its deadlines
