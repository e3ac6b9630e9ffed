"""The SMS centre for tests as a process: the SMPP server of the npm package `smpp`."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PASSWORD = "secret"
PATIENCE_S = 20.0
Json = dict[str, Any]


@dataclass
class Smsc:
    """What the centre saw, and orders to it."""

    process: asyncio.subprocess.Process
    port: int = 0
    seen: list[Json] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self.news:
                self.seen.append(json.loads(line))
                self.news.notify_all()

    async def until(self, ready: Callable[[list[Json]], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self.news:
            await self.news.wait_for(lambda: ready(self.seen))

    def of(self, event: str) -> list[Json]:
        return [fact for fact in self.seen if fact["event"] == event]

    async def order(self, **what: object) -> None:
        """Returns once the centre has taken the order, and all it saw before is here."""
        assert self.process.stdin is not None
        before = len(self.of("ordered"))
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.until(lambda _: len(self.of("ordered")) > before)

    def messages(self) -> list[tuple[str, str]]:
        """Whole messages, put together by header or parameters, in the order they began."""
        found: dict[tuple[str, object], list[str]] = {}
        for part in self.of("submit"):
            if not part["id"]:
                continue
            reference, total, number = part["sar"]
            if part["udh"]:
                header = bytes.fromhex(part["udh"][0])
                assert header[:2] == b"\x00\x03"  # concatenation, 8-bit reference
                reference, total, number = header[2:]
            key = (part["to"], part["id"] if reference is None else f"r{reference}")
            texts = found.setdefault(key, [""] * (total or 1))
            assert texts[(number or 1) - 1] == ""
            texts[(number or 1) - 1] = part["text"]
        return [(to, "".join(texts)) for (to, _), texts in found.items()]


@asynccontextmanager
async def running_smsc() -> AsyncIterator[Smsc]:
    """Fails, and does not skip, where Node.js or the package is missing (`make setup`)."""
    place = await asyncio.to_thread(
        subprocess.check_output, ["bash", str(ROOT / "scripts" / "node_dir.sh")], text=True
    )
    process = await asyncio.create_subprocess_exec(
        f"{place.strip()}/node",
        str(Path(__file__).with_name("smsc.cjs")),
        PASSWORD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    centre = Smsc(process)
    listening = asyncio.create_task(centre.listen())
    try:
        await centre.until(lambda seen: bool(seen))
        centre.port = centre.seen[0]["port"]
        yield centre
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening
