"""Sans-I/O: which subject is in which room, forgiving short absences.

A phone that changes from Wi-Fi to 4G is away for a second or two; nobody wants to hear of it.
"""

from __future__ import annotations

from signaling.host import Grant


class Presence:
    """Joins and drops in, departures worth reporting out. Times are monotonic seconds."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._connected: dict[str, int] = {}  # subject -> connections
        self._dropped_at: dict[str, float] = {}  # subject -> when its last connection ended
        self._departing: dict[tuple[str, str], tuple[Grant, float]] = {}

    def connected(self, subject: str) -> None:
        self._connected[subject] = self._connected.get(subject, 0) + 1
        self._dropped_at.pop(subject, None)

    def disconnected(self, subject: str, now: float) -> None:
        left = self._connected.get(subject, 0) - 1
        if left > 0:
            self._connected[subject] = left
            return
        self._connected.pop(subject, None)
        self._dropped_at[subject] = now

    def online(self, subject: str, now: float) -> bool:
        """Whether the subject is connected, or was within the grace."""
        dropped_at = self._dropped_at.get(subject)
        return subject in self._connected or (
            dropped_at is not None and now < dropped_at + self._grace_s
        )

    def entered(self, subject: str, room: str) -> None:
        """Cancels a departure that was not yet reported."""
        self._departing.pop((subject, room), None)

    def dropped(self, grant: Grant, room: str, now: float) -> None:
        """The subject's connection left the room without having been told to."""
        self._departing[grant.subject, room] = (grant, now)

    def departed(self, now: float) -> list[tuple[Grant, str]]:
        """Those whose grace is over, each once, in the order of their going."""
        over = [key for key, (_, at) in self._departing.items() if now >= at + self._grace_s]
        gone = [(self._departing.pop(key)[0], key[1]) for key in over]
        for subject, at in list(self._dropped_at.items()):
            if now >= at + self._grace_s:
                del self._dropped_at[subject]
        return gone

    def forget_room(self, room: str) -> None:
        """The room is closed: its departures are no news."""
        for key in [key for key in self._departing if key[1] == room]:
            del self._departing[key]
