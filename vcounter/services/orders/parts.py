"""Second effects of an order at the operator, and the undoing of the first when one is refused.

Each is a command under a key of its own, made from the order's: after a crash the same commands are
sent again and have one effect.
"""

from __future__ import annotations

from dataclasses import replace

from vcounter.actions import registry
from vcounter.domain.errors import OperatorUnavailable
from vcounter.domain.order import Order
from vcounter.services.context import Deps
from vcounter.services.ports import BssCommand, BssResult

COMPENSATION_FAILED = "compensation_failed"
MAX_UNDOINGS = 50  # each asked for by a person


async def finish_parts(deps: Deps, order: Order, main: BssResult) -> BssResult:
    """Carry out what follows the main effect, in order; the outcome of the whole.

    A refused part undoes the main effect, and the order is refused with the part's reason. Should
    even that be refused, the reason is `compensation_failed`: somebody must look at it. Raises
    OperatorUnavailable; then the outcome is unknown, and this may be repeated.
    """
    action = registry.action(order.action_id)
    if not main.done or main.pending or order.reverses_id is not None:
        return main
    done = main
    for part in action.parts:
        result = await deps.bss.execute(
            _command(order, f"{order.idempotency_key}#{part}", part=part)
        )
        if not result.done:
            return await _compensate(deps, order, result)
        done = replace(result, values={**done.values, **result.values})
    return done


async def _compensate(deps: Deps, order: Order, refused: BssResult) -> BssResult:
    key = order.idempotency_key
    undone = await deps.bss.execute(_command(order, f"{key}#undo", reverses=key))
    return refused if undone.done else replace(refused, reason=COMPENSATION_FAILED)


async def compensate_again(deps: Deps, order: Order) -> bool:
    """Undo the main effect under the first key that the operator has not refused; whether it is
    undone. May be repeated: an undoing whose answer was lost is found by its key. A silent operator
    has not undone it as far as we know."""
    main = order.idempotency_key
    try:
        for attempt in range(1, MAX_UNDOINGS + 1):
            key = f"{main}#undo" if attempt == 1 else f"{main}#undo{attempt}"
            known = await deps.bss.query(key)
            if known is None:
                return (await deps.bss.execute(_command(order, key, reverses=main))).done
            if known.done:
                return True
    except OperatorUnavailable:
        return False
    return False


def _command(order: Order, key: str, *, part: str = "", reverses: str = "") -> BssCommand:
    return BssCommand(
        idempotency_key=key,
        action_id=order.action_id,
        msisdn=order.msisdn,
        version=order.bss_version,
        inputs=order.inputs,
        part=part,
        reverses=reverses,
    )
