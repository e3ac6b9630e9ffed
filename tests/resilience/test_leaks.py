"""Visit after visit leaves nothing behind: no task, socket, file, process, and no memory."""

from __future__ import annotations

import pytest

from tests.resilience.soak import Level, Soak
from vcounter.simulator.scripts import ACTIONS

FLAT = 0.05
POOLED = 8  # files and threads of the database connections that a first rush opens
IN_A_ROW = ("query_puk", "query_puk", "report_loss", "report_loss")
AT_ONCE = ("query_puk", "report_loss")


def _failures(soak: Soak) -> list[str]:
    return [f"{o.action_id}: {o.failure}" for o in soak.outcomes if o.failure]


def _story(levels: list[Level]) -> str:
    return "\n".join(str(level) for level in levels)


async def _soak(soak: Soak, in_a_row: int) -> list[Level]:
    """The level after each visit in a row, and after the rest were served all at once."""
    levels: list[Level] = []
    for index in range(in_a_row):
        await soak.visits([index])
        levels.append(await soak.quiet(levels[0] if levels else None))
    await soak.visits(range(in_a_row, len(soak.actions)))
    levels.append(await soak.quiet(levels[0]))
    return levels


def _judge(soak: Soak, levels: list[Level], warm: int) -> None:
    """`warm`: after so many visits everything that is loaded at first use has been loaded."""
    assert not _failures(soak)
    assert levels[-2].is_within(levels[0]), _story(levels)
    assert levels[-1].is_within(levels[0], POOLED), _story(levels)
    growth = levels[-1].total_mib / levels[warm - 1].total_mib - 1
    assert growth <= FLAT, f"memory grew by {growth:.1%}\n{_story(levels)}"


@pytest.mark.timeout(480)
async def test_visits_leave_nothing_behind() -> None:
    soak = Soak([*IN_A_ROW, *AT_ONCE], 6, 2)
    async with soak.running():
        levels = await _soak(soak, in_a_row=len(IN_A_ROW))
    _judge(soak, levels, warm=2)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_fifty_visits_and_six_at_once_leave_nothing_behind() -> None:
    soak = Soak(ACTIONS, 56, 6)
    async with soak.running():
        levels = await _soak(soak, in_a_row=50)
    _judge(soak, levels, warm=len(ACTIONS))
