"""Real peers at both ends of a real worker process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc import RTCSessionDescription

from signaling.media.client import Keyframe, MediaClient
from signaling.media.errors import BadDescription, NoSuchLeg, Sealed, StaleNegotiation
from tests.integration.media.rig import EndPeer, eventually, running_client

HERE = Path(__file__).parent


async def connected_pair(client: MediaClient, call: str = "v") -> tuple[EndPeer, EndPeer]:
    customer = EndPeer("customer", level=90, pitch_hz=440)
    agent = EndPeer("agent", level=180, pitch_hz=880)
    await asyncio.gather(customer.join(client, call), agent.join(client, call))
    await eventually(lambda: customer.frames > 5 and agent.frames > 5)
    return customer, agent


async def close_all(*peers: EndPeer) -> None:
    await asyncio.gather(*(peer.close() for peer in peers))


def decode(keyframe: Keyframe) -> np.ndarray:
    codec = av.CodecContext.create(keyframe.codec.lower(), "r")
    frames = codec.decode(av.Packet(keyframe.data)) + codec.decode(None)
    return frames[0].to_ndarray(format="gray")


async def test_each_side_sees_and_hears_the_other_without_a_codec_in_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(HERE.parents[2]))
    guarded = "tests.integration.media.guarded_worker"
    async with running_client(worker_module=guarded) as (client, events):
        customer, agent = await connected_pair(client)
        await eventually(lambda: min(customer.audio_frames, agent.audio_frames) > 30)
        await client.keyframe("v", "customer")
        stats = await client.stats()
        await client.close_call("v")
        await close_all(customer, agent)

    assert not [event for event in events if event["event"] == "worker_lost"]
    assert agent.levels[-1] == pytest.approx(90, abs=4)
    assert customer.levels[-1] == pytest.approx(180, abs=4)
    assert customer.energy > 1000
    assert agent.energy > 1000
    assert stats["forwarded"] > 60


async def test_nothing_is_forwarded_before_both_legs_are_connected() -> None:
    async with running_client() as (client, events):
        customer = EndPeer("customer")
        await customer.join(client, "v")
        await eventually(lambda: any(e.get("state") == "connected" for e in events))
        await client.keyframe("v", "customer")

        stats = await client.stats()
        await customer.close()

    assert stats["packets"] > 0
    assert stats["forwarded"] == 0


async def test_keyframe_decodes_to_the_picture_that_was_sent() -> None:
    async with running_client() as (client, _):
        customer, agent = await connected_pair(client)

        first, second = await asyncio.gather(
            client.keyframe("v", "customer"), client.keyframe("v", "customer")
        )
        other = await client.keyframe("v", "agent")
        await close_all(customer, agent)

    assert first == second  # who waits at once shares one
    assert decode(first)[:, 200:].mean() == pytest.approx(90, abs=4)
    assert decode(other)[:, 200:].mean() == pytest.approx(180, abs=4)


async def test_sealing_shuts_the_customer_and_not_the_agent() -> None:
    async with running_client() as (client, _):
        customer, agent = await connected_pair(client)

        await client.set_sealed("v", True)
        with pytest.raises(Sealed):
            await client.keyframe("v", "customer")
        await asyncio.sleep(0.4)  # what was on its way through the jitter buffers
        seen, shown = agent.frames, customer.frames
        customer.picture.level = 20
        await eventually(lambda: customer.frames > shown + 10)
        seen_while_sealed = agent.frames - seen
        await client.set_sealed("v", False)
        await eventually(lambda: agent.frames > seen + 8)
        await close_all(customer, agent)

    assert seen_while_sealed == 0
    assert agent.levels[-1] == pytest.approx(20, abs=6)


async def test_seal_survives_the_customers_new_connection() -> None:
    async with running_client() as (client, _):
        customer, agent = await connected_pair(client)
        await client.set_sealed("v", True)
        await asyncio.sleep(0.4)  # what was on its way through the jitter buffers
        seen = agent.frames

        again = EndPeer("customer", level=60)
        await again.join(client, "v")
        await eventually(lambda: again.frames > 10)
        seen_while_sealed = agent.frames - seen
        await client.set_sealed("v", False)
        await eventually(lambda: agent.frames > seen + 5)
        await close_all(customer, again, agent)

    assert seen_while_sealed == 0


async def test_new_connection_of_a_leg_leaves_the_other_as_it_is() -> None:
    async with running_client() as (client, events):
        customer, agent = await connected_pair(client)
        await customer.close()

        again = EndPeer("customer", level=40, pitch_hz=300)
        await again.join(client, "v")
        seen = agent.frames
        await eventually(lambda: agent.frames > seen + 10 and again.frames > 10)
        await close_all(agent, again)

    assert agent.levels[-1] == pytest.approx(40, abs=4)
    states = [e["state"] for e in events if e.get("leg") == "agent"]
    assert states[:3] == ["new", "connecting", "connected"]
    assert "failed" not in states


async def test_stale_and_malformed_answers_are_refused() -> None:
    async with running_client() as (client, _):
        old = await client.offer("v", "customer")
        new = await client.offer("v", "customer")

        with pytest.raises(StaleNegotiation):
            await client.answer("v", "customer", old.negotiation, old.sdp)
        for sdp in ("", "v=0\r\n", new.sdp, "\x00" * 1000, "m=video 9 X 1\r\n"):
            with pytest.raises(BadDescription):
                await client.answer("v", "customer", new.negotiation, sdp)
        with pytest.raises(NoSuchLeg):
            await client.answer("v", "agent", new.negotiation, new.sdp)
        with pytest.raises(NoSuchLeg):
            await client.keyframe("nobody", "customer", 0.2)


async def test_killed_worker_is_reported_and_replaced_with_its_seals() -> None:
    async with running_client() as (client, events):
        customer, agent = await connected_pair(client)
        await client.set_sealed("v", True)
        pid = client.pid
        assert pid is not None

        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: [e["event"] for e in events].count("worker_ready") == 2)
        sealed = (await client.recording("v")).sealed
        await client.set_sealed("v", False)
        await close_all(customer, agent)
        customer, agent = await connected_pair(client)
        await close_all(customer, agent)

    kinds = [e["event"] for e in events if e["event"] != "leg"]
    assert kinds[:3] == ["worker_ready", "worker_lost", "worker_ready"]
    assert sealed


async def test_stopped_worker_is_replaced() -> None:
    """A worker that hangs answers no ping and is ended."""
    async with running_client(ping_timeout_s=0.5) as (client, events):
        pid = client.pid
        assert pid is not None

        os.kill(pid, signal.SIGSTOP)
        await eventually(
            lambda: [e["event"] for e in events].count("worker_ready") == 2, timeout_s=20
        )

    assert client.pid is None


async def test_junk_on_the_media_port_changes_nothing() -> None:
    async with running_client() as (client, _):
        customer, agent = await connected_pair(client)
        ports = set()
        for transceiver in customer.connection.getTransceivers():
            for candidate in transceiver.receiver.transport.transport.getRemoteCandidates():
                ports.add((candidate.ip, candidate.port))
        before = await client.stats()
        junk = [
            b"",
            b"\x80",
            b"\x80\x60" + b"\x00" * 9,
            b"\x80\x60" + os.urandom(200),
            b"\x80\xc8" + os.urandom(60),
            b"\xbf" * 1500,
            b"\x00\x01\x00\x08\x21\x12\xa4\x42" + os.urandom(20),
            b"\x00" * 40,
            b"\x16\xfe\xfd" + os.urandom(100),
            b"\x47" * 100,
            os.urandom(1900),
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(100):
                for data in junk:
                    for address in ports:
                        sender.sendto(data, address)
                await asyncio.sleep(0.002)
        seen = agent.frames
        await eventually(lambda: agent.frames > seen + 10 and customer.frames > 10)
        after = await client.stats()
        await close_all(customer, agent)

    assert after["junk"] - before["junk"] > 300
    assert after["peers"] == 2
    assert after["rss"] < before["rss"] + 8_000_000


async def test_calls_leave_nothing_behind() -> None:
    async with running_client() as (client, _):
        pid = client.pid
        for number in range(3):
            customer, agent = await connected_pair(client, f"v{number}")
            await client.close_call(f"v{number}")
            await close_all(customer, agent)
            if number == 0:
                await asyncio.sleep(0.3)  # sockets close in the background
                files = len(os.listdir(f"/proc/{pid}/fd"))
                rss = (await client.stats())["rss"]
        await asyncio.sleep(0.3)  # sockets close in the background

        assert len(os.listdir(f"/proc/{pid}/fd")) == files
        stats = await client.stats()
        assert stats["calls"] == 0
        assert stats["rss"] < rss * 1.05


async def test_worker_ends_with_its_parent() -> None:
    script = (
        "import asyncio\nfrom signaling.media.client import MediaClient\n"
        "async def main():\n  c = MediaClient(bind=('127.0.0.1',))\n  await c.start()\n"
        "  print(c.pid, flush=True)\n  await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=HERE.parents[2]
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())

    parent.kill()
    await parent.wait()

    await eventually(lambda: not Path(f"/proc/{pid}").exists() or is_zombie(pid), timeout_s=8)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] == "Z"
    except OSError:
        return True


async def test_candidates_may_overtake_the_answer() -> None:
    """Waiting for the answer would hold up the very queue in which the answer stands."""
    async with running_client() as (client, events):
        offer = await client.offer("v", "customer")
        customer = EndPeer("customer")
        await customer.connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        customer.connection.addTrack(customer.tone)
        customer.connection.addTrack(customer.picture)
        await customer.connection.setLocalDescription(await customer.connection.createAnswer())
        lines = customer.connection.localDescription.sdp.splitlines()
        trickled = next(line for line in lines if line.startswith("a=candidate"))
        bare = "".join(f"{line}\r\n" for line in lines if "candidate" not in line)

        candidate = {"candidate": trickled[2:], "sdpMid": "0", "sdpMLineIndex": 0}
        await client.candidate("v", "customer", offer.negotiation, candidate)
        await client.candidate("v", "customer", offer.negotiation, None)
        for malformed in ({"candidate": "candidate:x", "sdpMid": "0"}, {"candidate": trickled[2:]}):
            with pytest.raises(BadDescription):
                await client.candidate("v", "customer", offer.negotiation, malformed)
        await client.answer("v", "customer", offer.negotiation, bare)

        await eventually(lambda: any(e.get("state") == "connected" for e in events))
        await customer.close()
