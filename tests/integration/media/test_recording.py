"""Recordings of real calls: both parties, one timeline, whatever cut them short."""

from __future__ import annotations

import asyncio
import io
import os
import resource
import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest

from signaling.media import rawfile
from signaling.media.bridge import OPEN_AFTER_S
from signaling.media.client import MediaClient, mux_recording
from signaling.media.errors import NothingRecorded, RecordingFailed
from tests.integration.media.rig import EndPeer, eventually, eventually_async, running_client

KEY = bytes(range(32))


async def flashing_pair(client: MediaClient) -> tuple[EndPeer, EndPeer]:
    """Both flash white and beep in the middle of each second of one clock."""
    now = time.monotonic()
    customer = EndPeer("customer", level=90, pitch_hz=440, started=now, flash=True)
    agent = EndPeer("agent", level=60, pitch_hz=880, started=now, flash=True)
    await asyncio.gather(customer.join(client, "v"), agent.join(client, "v"))
    await eventually(lambda: customer.frames > 3 and agent.frames > 3)
    return customer, agent


async def close_all(*peers: EndPeer) -> None:
    await asyncio.gather(*(peer.close() for peer in peers))


def flashes(file: bytes) -> list[float]:
    times: list[float] = []
    with av.open(io.BytesIO(file)) as container:
        for frame in container.decode(video=0):
            white = frame.to_ndarray(format="gray")[:, 200:].mean() > 200
            if white and (not times or frame.time - times[-1] > 0.5):
                times.append(frame.time)
    return times


def beeps(file: bytes) -> list[float]:
    times: list[float] = []
    with av.open(io.BytesIO(file)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float)).mean() > 0.02
            if loud and (not times or frame.time - times[-1] > 0.5):
                times.append(frame.time)
    return times


def picture_times(file: bytes) -> list[float]:
    with av.open(io.BytesIO(file)) as container:
        return [frame.time for frame in container.decode(video=0)]


def length_s(file: bytes) -> float:
    with av.open(io.BytesIO(file)) as container:
        return (container.duration or 0) / 1e6


def nearest(times: list[float], to: float) -> float:
    return min((abs(t - to) for t in times), default=99.0)


async def grows(client: MediaClient) -> None:
    async def check() -> bool:
        return (await client.recording("v")).growing

    await eventually_async(check)


async def test_both_parties_are_recorded_in_sync(tmp_path: Path) -> None:
    raw = tmp_path / "new" / "v.raw"
    path = str(raw)
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", path, KEY)
        await client.start_recording("v", path, KEY)  # a repeat changes nothing
        await grows(client)
        await asyncio.sleep(3.2)  # three flashes
        status = await client.recording("v")
        await client.close_call("v")
        await close_all(customer, agent)

    files = await mux_recording(path, KEY)

    assert status.growing
    assert status.customer_bytes > 3000
    assert status.agent_bytes > 3000
    reference = flashes(files["customer"])
    assert len(reference) >= 3
    for times in (beeps(files["customer"]), flashes(files["agent"]), beeps(files["agent"])):
        assert all(nearest(times, flash) < 0.2 for flash in reference[:3])
    assert length_s(files["customer"]) == pytest.approx(length_s(files["agent"]), abs=0.1)
    assert raw.stat().st_mode & 0o077 == 0
    assert b"OpusHead" not in raw.read_bytes()


async def test_sealed_stretch_is_a_gap_of_the_customer_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", path, KEY)
        await grows(client)
        await asyncio.sleep(1.0)  # something before the seal
        await client.set_sealed("v", True)
        before = await client.recording("v")
        await asyncio.sleep(2.0)  # the seal
        sealed = await client.recording("v")
        await client.set_sealed("v", False)
        await asyncio.sleep(OPEN_AFTER_S + 1.5)  # something after it
        await client.close_call("v")
        await close_all(customer, agent)

    files = await mux_recording(path, KEY)

    assert sealed.growing
    assert sealed.sealed
    assert sealed.agent_bytes > before.agent_bytes
    gaps = np.diff(picture_times(files["customer"]))
    assert 1.5 + OPEN_AFTER_S < gaps.max() < 3.0 + OPEN_AFTER_S
    assert np.diff(picture_times(files["agent"])).max() < 0.5
    assert length_s(files["customer"]) == pytest.approx(length_s(files["agent"]), abs=0.1)
    late = [t for t in flashes(files["customer"]) if t > 3 + OPEN_AFTER_S]
    assert late
    assert all(nearest(beeps(files["agent"]), flash) < 0.2 for flash in late)


async def test_killed_worker_loses_moments_and_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, events):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", path, KEY)
        await grows(client)
        await asyncio.sleep(1.5)  # something to keep
        killed_after = time.monotonic() - customer.picture._started
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        await eventually(lambda: [e["event"] for e in events].count("worker_ready") == 2)
        await close_all(customer, agent)
        kept = await mux_recording(path, KEY)

        customer, agent = await flashing_pair(client)
        await grows(client)
        await asyncio.sleep(1.2)  # something more
        await client.close_call("v")
        await close_all(customer, agent)

    files = await mux_recording(path, KEY)

    assert killed_after > 1
    assert length_s(kept["customer"]) > 1.0
    assert length_s(files["customer"]) > length_s(kept["customer"]) + 1.5
    assert max(picture_times(files["customer"])) > length_s(kept["customer"]) + 1.0
    assert flashes(files["agent"])


async def test_file_cut_anywhere_still_plays(tmp_path: Path) -> None:
    path = tmp_path / "v.raw"
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", str(path), KEY)
        await grows(client)
        await asyncio.sleep(2.5)  # several chunks
        await client.close_call("v")
        await close_all(customer, agent)
    whole = path.read_bytes()

    for share in (0.5, 0.77, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        files = await mux_recording(str(path), KEY)
        assert picture_times(files["customer"])
        assert picture_times(files["agent"])
    path.write_bytes(whole[:30])
    with pytest.raises(NothingRecorded):
        await mux_recording(str(path), KEY)
    path.write_bytes(whole)
    with pytest.raises(NothingRecorded):
        await mux_recording(str(path), bytes(32))


async def test_foreign_file_and_second_writer_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.raw"
    foreign = tmp_path / "other"
    foreign.write_bytes(b"something else entirely, longer than a header")
    async with running_client() as (client, _):
        await client.start_recording("v", str(path), KEY)

        with pytest.raises(RecordingFailed):
            await client.start_recording("w", str(path), KEY)
        with pytest.raises(RecordingFailed):
            await client.start_recording("w", str(foreign), KEY)
        with pytest.raises(RecordingFailed):
            await client.start_recording("w", "/proc/none/such", KEY)
        status = await client.recording("w")

    assert not status.growing
    assert foreign.read_bytes().startswith(b"something")


async def test_stopping_the_server_finishes_the_recording(tmp_path: Path) -> None:
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", path, KEY)
        await grows(client)
    await close_all(customer, agent)

    segments = rawfile.read_segments(path, KEY)

    assert [segment.records[-1].kind for segment in segments] == [rawfile.END]


async def test_picture_that_changes_size_is_kept_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        await client.start_recording("v", path, KEY)
        await grows(client)
        customer.picture.size = (480, 640)
        seen = agent.frames
        await eventually(lambda: agent.frames > seen + 20)
        await client.close_call("v")
        await close_all(customer, agent)

    files = await mux_recording(path, KEY)

    with av.open(io.BytesIO(files["customer"])) as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert sizes[0] == (320, 240)
    assert sizes[-1] == (480, 640)


async def test_disk_that_fails_stops_the_growth_and_not_the_call(tmp_path: Path) -> None:
    """A file that may grow no further: the status says so, and a new try goes on."""
    path = str(tmp_path / "v.raw")
    async with running_client() as (client, _):
        customer, agent = await flashing_pair(client)
        assert client.pid is not None
        resource.prlimit(client.pid, resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
        await client.start_recording("v", path, KEY)
        await asyncio.sleep(1.5)  # enough to reach the limit
        stalled = await client.recording("v")
        resource.prlimit(client.pid, resource.RLIMIT_FSIZE, (-1, -1))
        await client.start_recording("v", path, KEY)
        await grows(client)
        await client.close_call("v")
        await close_all(customer, agent)

    files = await mux_recording(path, KEY)

    assert not stalled.growing
    assert picture_times(files["customer"])
