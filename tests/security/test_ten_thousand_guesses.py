"""Guessing a code over many visits, as fast as the counter lets anybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.levels_world import Levels, levels_world
from tests.fakes.order_world import NUMBER, SCOPE
from vcounter.adapters.db import upgrade
from vcounter.domain.errors import TooMany
from vcounter.services.identity.guesses import judge_code
from vcounter.services.identity.send_code import send_code
from vcounter.services.ports import CodeRow

GUESSES, PER_VISIT = 10_000, 100


@pytest.mark.asyncio
async def test_ten_thousand_guesses_are_judged_ten_times(tmp_path: Path) -> None:
    upgrade_to = tmp_path / "empty.db"
    await asyncio.to_thread(upgrade, f"sqlite:///{upgrade_to}")
    async with levels_world(tmp_path, upgrade_to) as levels:
        assert await _attack(levels) == levels.deps.policy.wrong_codes_per_day
        with pytest.raises(TooMany) as refused:
            await send_code(levels.deps, levels.agent, levels.visit_id)
        assert refused.value.fields["what"] == "codes"


async def _attack(levels: Levels) -> int:
    """How many guesses were judged: a hundred visits, each with a fresh code of endless tries."""
    judged = 0
    for visit_no in range(GUESSES // PER_VISIT):
        await levels.go_to(*await levels.another_visit(f"guess{visit_no}"))
        visit = await levels.visit()
        async with levels.deps.db.write(SCOPE) as uow:
            until = levels.world.clock.now() + timedelta(minutes=10)
            await uow.codes.put(CodeRow(visit.id, NUMBER, "no such hash", until, 10**6))
            for guess in range(PER_VISIT):
                left = await judge_code(uow, levels.deps, visit, "sms_code", f"{guess:06d}")
                judged += not isinstance(left, TooMany)
    return judged
