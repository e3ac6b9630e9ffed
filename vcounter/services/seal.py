"""The bridge's seal follows the step on the screen: shut before a sealed step, open after it."""

from __future__ import annotations

from vcounter.domain.ids import VisitId
from vcounter.services.context import Deps
from vcounter.services.ports import Scope


async def shut(deps: Deps, visit_id: VisitId) -> None:
    """Shut the customer's sound and picture; returns once the bridge has done it.

    Raises MediaUnavailable: then no sealed step may be shown.
    """
    await deps.media.set_sealed(visit_id, True)


async def follow_step(deps: Deps, scope: Scope, visit_id: VisitId) -> None:
    """Make the seal agree with the step that is up, after any change of steps and at start-up."""
    async with deps.db.read(scope) as uow:
        current = await uow.steps.current(visit_id)
    await deps.media.set_sealed(visit_id, current is not None and current.sealed)
