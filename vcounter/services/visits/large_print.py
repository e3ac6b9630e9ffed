"""Whether the customer's page starts in large print, as the number's holder once asked."""

from __future__ import annotations

import asyncio

from vcounter.domain.errors import OperatorUnavailable
from vcounter.domain.identity import Level, covers
from vcounter.domain.visit import Visit
from vcounter.services.context import Deps
from vcounter.services.identity.identity_view import held_by
from vcounter.services.ports import UnitOfWork

ASK_S = 1.0  # the page does not wait longer for a wish


async def is_own_number(uow: UnitOfWork, visit: Visit) -> bool:
    """Whether the customer came by the number's own link, or has shown that it is theirs: a wish is
    not told to whoever keys a number."""
    if visit.msisdn is None:
        return False
    link = await uow.links.of_visit(visit.id)
    if link is not None and link.msisdn == visit.msisdn:
        return True
    evidence = await uow.evidence.of_visit(visit.id)
    return covers(held_by(evidence, visit.customer_party_id, visit).level, Level.L1)


async def wants_large_print(deps: Deps, visit: Visit, *, own: bool) -> bool:
    """The wish kept with the number; False while the operator's system is silent. `own` is
    `is_own_number`, asked in a transaction that is over by now."""
    if not own or visit.msisdn is None:
        return False
    try:
        async with asyncio.timeout(ASK_S):
            record = await deps.bss.find(visit.msisdn)
    except (OperatorUnavailable, TimeoutError):
        return False
    if record is None or (visit.simulated and not record.test):
        return False
    return record.large_print
