"""Sans-I/O: the limits of the wire and the close codes, each listed once (docs/signaling.md)."""

from __future__ import annotations

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
