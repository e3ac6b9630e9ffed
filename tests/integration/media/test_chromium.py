"""Chromium at both ends of a call through the bridge: pictures, sound and intra frames."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, async_playwright

from signaling.media.client import MediaClient, content_type, mux_recording
from tests.integration.media.rig import eventually, running_client

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-dev-shm-usage",
]
PAGE = "<!doctype html><video id=v autoplay playsinline></video>"
ANSWER = """async (sdp) => {
  const pc = window.pc = new RTCPeerConnection();
  const done = new Promise(r => pc.onicegatheringstatechange =
    () => pc.iceGatheringState === 'complete' && r());
  const all = new MediaStream();
  pc.ontrack = e => { all.addTrack(e.track); document.getElementById('v').srcObject = all; };
  await pc.setRemoteDescription({type: 'offer', sdp});
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 640, height: 480, frameRate: 15}});
  for (const track of stream.getTracks()) {
    const t = pc.getTransceivers().find(t => t.receiver.track.kind === track.kind);
    await t.sender.replaceTrack(track); t.direction = 'sendrecv';
  }
  await pc.setLocalDescription(await pc.createAnswer());
  await done;
  return pc.localDescription.sdp;
}"""
STATS = """async () => {
  const out = {};
  for (const s of (await window.pc.getStats()).values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') Object.assign(out, {
      frames: s.framesDecoded, width: s.frameWidth, keys: s.keyFramesDecoded, lost: s.packetsLost});
    if (s.type === 'inbound-rtp' && s.kind === 'audio') Object.assign(out, {
      energy: s.totalAudioEnergy, concealed: s.concealedSamples, samples: s.totalSamplesReceived});
    if (s.type === 'outbound-rtp' && s.kind === 'video') Object.assign(out, {
      bitrate: s.targetBitrate, sent: s.packetsSent});
    if (s.type === 'remote-inbound-rtp' && s.kind === 'video') out.rtt = s.roundTripTime;
    if (s.type === 'candidate-pair' && s.nominated) out.available = s.availableOutgoingBitrate;
    if (s.type === 'transport') out.cipher = s.srtpCipher;
  }
  return out;
}"""


@asynccontextmanager
async def two_pages() -> AsyncIterator[tuple[Page, Page]]:
    async def page(route: Route) -> None:
        await route.fulfill(body=PAGE, content_type="text/html")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = await browser.new_context()
            await context.route("http://localhost/**", page)
            pages = [await context.new_page() for _ in range(2)]
            for each in pages:
                await each.goto("http://localhost/")
            yield pages[0], pages[1]
        finally:
            await browser.close()


def without_vp8(sdp: str) -> str:
    """The offer as a browser reads it that has never heard of VP8."""
    dropped = re.compile(r"a=(rtpmap|fmtp|rtcp-fb):9[78] ")
    lines = [line for line in sdp.splitlines() if not dropped.match(line)]
    return "".join(f"{line}\r\n" for line in lines).replace("SAVPF 97 98 ", "SAVPF ")


async def join(client: MediaClient, call: str, leg: str, page: Page, *, vp8: bool = True) -> None:
    offer = await client.offer(call, leg)
    sdp = await page.evaluate(ANSWER, offer.sdp if vp8 else without_vp8(offer.sdp))
    await client.answer(call, leg, offer.negotiation, sdp)


async def until(page: Page, key: str, least: float, timeout_s: float = 15.0) -> dict[str, Any]:
    async with asyncio.timeout(timeout_s):
        while True:
            stats: dict[str, Any] = await page.evaluate(STATS)
            if (stats.get(key) or 0) >= least:
                return stats
            await asyncio.sleep(0.1)


async def test_two_browsers_see_hear_and_are_sampled(tmp_path: Path) -> None:
    async with running_client() as (client, _), two_pages() as (customer, agent):
        await join(client, "c", "customer", customer)
        await join(client, "c", "agent", agent)

        at_agent = await until(agent, "frames", 30)
        at_customer = await until(customer, "frames", 30)
        started = time.monotonic()
        pictures = []
        for number in range(8):
            await asyncio.sleep(max(0.0, started + 0.3 * number - time.monotonic()))
            pictures.append(await client.keyframe("c", "customer", 2.0))
        sampled_s = time.monotonic() - started
        heard = await until(agent, "energy", 1e-6)

    assert at_agent["width"] == 640
    assert at_customer["width"] == 640
    assert at_agent["cipher"] == "SRTP_AEAD_AES_256_GCM"
    assert len({picture.at for picture in pictures}) == 8
    assert sampled_s < 8 * 0.45
    assert heard["energy"] > 0
    assert heard["lost"] == 0


async def test_codec_of_the_poorer_browser_is_pinned_for_both() -> None:
    async with running_client() as (client, events), two_pages() as (customer, agent):
        await join(client, "c", "agent", agent)
        await join(client, "c", "customer", customer, vp8=False)
        await eventually(
            lambda: any(e.get("state") == "failed" and e["leg"] == "agent" for e in events)
        )
        await agent.reload()
        await join(client, "c", "agent", agent)

        await until(agent, "frames", 20)
        await until(customer, "frames", 20)
        picture = await client.keyframe("c", "customer", 2.0)

    assert picture.codec == "H264"


PLAY = """async (type) => {
  const v = document.getElementById('v');
  v.srcObject = null; v.autoplay = false; v.muted = true;
  const out = {stalls: 0};
  v.onwaiting = () => out.stalls++;
  const failed = new Promise((_, no) => v.onerror = () => no(new Error(v.error.message)));
  v.src = '/file.' + type;
  await Promise.race([failed, new Promise(r => v.onloadedmetadata = r)]);
  out.duration = v.duration;
  v.currentTime = v.duration - 1;
  await Promise.race([failed, new Promise(r => v.onseeked = r)]);
  out.sought = v.currentTime;
  v.currentTime = 0; v.playbackRate = 2;
  await new Promise(r => v.onseeked = r);
  await v.play();
  await Promise.race([failed, new Promise(r => v.onended = r)]);
  out.ended = v.currentTime;
  out.pictures = v.getVideoPlaybackQuality().totalVideoFrames;
  out.width = v.videoWidth;
  return out;
}"""


@pytest.mark.parametrize("vp8", [True, False], ids=["vp8", "h264"])
async def test_recording_plays_in_a_browser_from_start_to_end(tmp_path: Path, vp8: bool) -> None:
    path = str(tmp_path / "c.raw")
    key = bytes(32)
    async with running_client() as (client, _), two_pages() as (customer, agent):
        await join(client, "c", "customer", customer, vp8=vp8)
        await join(client, "c", "agent", agent, vp8=vp8)
        await client.start_recording("c", path, key)
        await until(agent, "frames", 40)
        await client.set_sealed("c", True)
        await asyncio.sleep(1.5)  # a gap to play through
        await client.set_sealed("c", False)
        await until(agent, "frames", 60)
        await client.close_call("c")
        files = await mux_recording(path, key)
        form = "webm" if vp8 else "mp4"

        async def serve(route: Route) -> None:
            await fulfil_range(route, files["customer"], content_type(files["customer"]))

        await agent.route("**/file.*", serve)
        played = await agent.evaluate(PLAY, form)

    assert 5 < played["duration"] < 20
    assert played["sought"] == pytest.approx(played["duration"] - 1, abs=0.1)
    assert played["ended"] == pytest.approx(played["duration"], abs=0.2)
    assert played["pictures"] > 40
    assert played["width"] == 640


async def fulfil_range(route: Route, data: bytes, content_type: str) -> None:
    """Serve a file as the recordings route does, with byte ranges."""
    asked = re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", ""))
    first = int(asked[1]) if asked else 0
    last = int(asked[2]) if asked and asked[2] else len(data) - 1
    await route.fulfill(
        status=206 if asked else 200,
        body=data[first : last + 1],
        headers={
            "Content-Type": content_type,
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {first}-{last}/{len(data)}",
        },
    )
