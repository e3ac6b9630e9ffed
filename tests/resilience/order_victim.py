"""A process that carries an order out and kills itself at a border. Run by test_order_kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.fakes.killer import Killer, say_yes
from tests.fakes.order_world import order_world


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, action_id: str, border: int) -> None:
    async with order_world(folder) as world:
        await world.present(await world.prepare(action_id))
        Killer(border, die).arm(world)
        await say_yes(world, action_id)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
