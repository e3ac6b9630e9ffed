"""Sans-I/O: one leg's offers. The server always offers, so two offers never cross (no glare).

Numbers on the wire rise for the life of the room, whatever the bridge counts: after the bridge's
process died its own numbers may start again, and an old answer must still be told from a new one.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_PAUSE_S = 15.0  # between two tries while the bridge refuses


@dataclass(slots=True)
class Negotiation:
    """Whose devices a leg has, which offer is out, and whether another one is wanted.

    `wanted` stays true until an offer reached the peer. At most one offer is being made at a time.
    """

    subject: str = ""  # empty: nobody's devices are ready
    relay_only: bool = False
    wanted: bool = False
    number: int = 0  # of the last offer sent, on the wire
    _bridge_number: int = 0
    _live: bool = False  # the last offer may still be answered
    _making: bool = False
    _not_before: float = 0.0
    _pauses: int = 0
    _failures: int = 0  # since media were last connected
    _gone_at: float | None = None

    def ready(self, subject: str, relay_only: bool) -> None:
        """Devices are open: an offer is wanted, unless the same one is being made already."""
        same = self._making and subject == self.subject and relay_only == self.relay_only
        self.subject, self.relay_only, self._gone_at = subject, relay_only, None
        if not same:
            self.wanted = True

    def failed(self, subject: str, number: int, relay_only: bool) -> None:
        """Media of offer `number` are dead: another one is wanted, unless a newer one is out.

        After a restart of this server nobody's devices are known: a failure tells them as well as
        `ready` does. The second failure in a row asks for relayed media whatever the peer says: its
        network may let nothing else through.
        """
        if not self.subject:
            self.ready(subject, relay_only)
            return
        if subject != self.subject or (self._live and number != self.number):
            return
        self._failures += 1
        self.relay_only = relay_only or self._failures > 1
        self.lost()

    def lost(self) -> None:
        """The bridge or the connection through it is gone: what was offered is void."""
        self._live = False
        self.wanted = bool(self.subject) and not self._making

    def connected(self) -> None:
        """Media run: the next failure is a first one again."""
        self._failures = 0

    def may_offer(self, now: float) -> bool:
        return self.wanted and not self._making and now >= self._not_before

    def begin(self, now: float, gap_s: float) -> None:
        """An offer is being made; no other one before `gap_s` are over."""
        self._making, self.wanted, self._live = True, False, False
        self._not_before = now + gap_s

    def refused(self, now: float, gap_s: float) -> None:
        """The bridge made no offer: try again, later each time."""
        self._making, self.wanted = False, bool(self.subject)
        self._pauses += 1
        self._not_before = now + min(MAX_PAUSE_S, gap_s * 2**self._pauses)

    def offered(self, bridge_number: int) -> int:
        """The bridge made an offer; returns its number on the wire."""
        self._making, self._live, self._pauses = False, True, 0
        self._bridge_number = bridge_number
        self.number += 1
        return self.number

    def undelivered(self) -> None:
        """Nobody was there to take the offer: make another one when the peer is back."""
        self._live, self.wanted = False, bool(self.subject)

    def bridge_number(self, number: int, subject: str) -> int | None:
        """What the bridge calls offer `number`; None if it is stale or another's: ignore it."""
        if not self._live or number != self.number or subject != self.subject:
            return None
        return self._bridge_number

    def is_current(self, bridge_number: int | None) -> bool:
        """Whether the bridge speaks of the last offer, which no newer one is about to replace.

        A bridge that does not say (None) does.
        """
        return bridge_number is None or (not self._making and bridge_number == self._bridge_number)

    def gone(self, subject: str, now: float) -> None:
        """The subject's connection dropped; media may go on for a while."""
        if subject == self.subject and self._gone_at is None:
            self._gone_at = now

    def back(self, subject: str) -> None:
        """The subject is connected again within the grace."""
        if subject == self.subject:
            self._gone_at = None

    def expire(self, now: float, grace_s: float) -> bool:
        """Forget a subject that did not come back; True when that happened just now."""
        if self._gone_at is None or now < self._gone_at + grace_s:
            return False
        self.reset()
        return True

    def reset(self) -> None:
        """Start over, keeping the count of offers and a running call to the bridge."""
        self.subject, self._gone_at = "", None
        self.wanted = self._live = False
        self._pauses = self._failures = 0
