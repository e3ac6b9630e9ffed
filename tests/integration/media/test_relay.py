"""A call through a real coturn, both sides relayed only."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from signaling.turn import ice_servers
from tests.integration.media.rig import EndPeer, eventually, running_client
from tests.ports import free_port

SECRET = "a secret for this test"
pytestmark = pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn not installed")


@asynccontextmanager
async def coturn(directory: Path) -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "turnserver",
        "-n",
        f"--listening-port={port}",
        "--listening-ip=127.0.0.1",
        "--relay-ip=127.0.0.1",
        "--allow-loopback-peers",
        "--cli-password=x",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--realm=test",
        f"--pidfile={directory}/pid",
        f"--userdb={directory}/db",
        "--log-file=stdout",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(10):
            while not await accepts(port):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.1)
        yield f"turn:127.0.0.1:{port}?transport=udp"
    finally:
        process.terminate()
        await process.wait()


async def accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_relay_only_call_runs_through_coturn(tmp_path: Path) -> None:
    async with coturn(tmp_path) as url, running_client() as (client, _):

        def servers(subject: str) -> list[dict[str, object]]:
            return ice_servers(
                stun_urls=[],
                turn_urls=[url],
                secret=SECRET,
                subject=subject,
                now_s=time.time(),
            )

        peers = [
            EndPeer(leg, level=level, ice_servers=servers(leg), relay_only=True)
            for leg, level in (("customer", 90), ("agent", 180))
        ]
        offer = await client.offer("x", "agent", ice_servers=servers("bridge"), relay_only=True)
        for peer in peers:
            await peer.join(client, "v", ice_servers=servers("bridge"), relay_only=True)
        await eventually(lambda: all(peer.frames > 10 for peer in peers), timeout_s=20)
        await client.close_call("v")
        await asyncio.gather(*(peer.close() for peer in peers))

    candidates = [line for line in offer.sdp.splitlines() if line.startswith("a=candidate")]
    assert candidates
    assert all("typ relay" in line for line in candidates)
    assert peers[1].levels[-1] == pytest.approx(90, abs=4)


async def test_wrong_turn_secret_gives_no_candidate(tmp_path: Path) -> None:
    async with coturn(tmp_path) as url, running_client() as (client, _):
        servers = ice_servers(
            stun_urls=[], turn_urls=[url], secret="wrong", subject="s", now_s=time.time()
        )

        offer = await client.offer("v", "customer", ice_servers=servers, relay_only=True)

    assert "a=candidate" not in offer.sdp
