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
from rig import eventually, running_client

from signaling.media.client import MediaClient

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
