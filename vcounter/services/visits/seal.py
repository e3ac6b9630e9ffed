"""The bridge's seal follows the step on the screen: shut before a sealed step, open after it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from weakref import WeakValueDictionary

from vcounter.domain.errors import MediaUnavailable
from vcounter.domain.ids import VisitId
from vcounter.services.context import Deps
from vcounter.services.ports import Scope

# A visit's live plane is on one node, so a lock in this process orders all changes of its seal.
_turns: WeakValueDictionary[VisitId, asyncio.Lock] = WeakValueDictionary()


def _turn(visit_id: VisitId) -> asyncio.Lock:
    return _turns.setdefault(visit_id, asyncio.Lock())


async def shut(deps: Deps, visit_id: VisitId) -> None:
    """Shut the customer's sound and picture; returns once the bridge has done it.

    Raises MediaUnavailable: then no sealed step may be shown.
    """
    async with _turn(visit_id):
        await deps.media.set_sealed(visit_id, True)


async def follow_step(deps: Deps, scope: Scope, visit_id: VisitId) -> None:
    """Make the seal agree with the step that is up, after any change of steps and at start-up.

    Whoever changed the step last has the last word: looking and setting are one turn, so that a
    look from before a sealed step came up cannot open the bridge after it. A bridge that does not
    answer stays shut, or comes back shut, which is the safe side; it is told again when it is back
    (`CallFlow.media_back`).
    """
    async with _turn(visit_id):
        async with deps.db.read(scope) as uow:
            current = await uow.steps.current(visit_id)
        with suppress(MediaUnavailable):
            await deps.media.set_sealed(visit_id, current is not None and current.sealed)
