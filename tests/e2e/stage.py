"""A server of its own, and the two browsers that meet on it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.ports import free_port
from vcounter.adapters.bss.embedded import DEMO_PEOPLE, DemoPerson
from vcounter.simulator.people import Caller
from vcounter.simulator.pictures import router
from vcounter.specimen.card import draw_back, draw_front, phone_photo
from vcounter.specimen.head import TURN_YAW_DEG, HeadModel
from vcounter.specimen.people import portraits

ROOT = Path(__file__).parents[2]
SHIM = (Path(__file__).parent / "camera_shim.js").read_text("utf-8")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
PEERS = """
window.__peers = [];
const NativePeer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends NativePeer {
  constructor(...args) { super(...args); window.__peers.push(this); }
};
window.__sockets = [];
const NativeSocket = window.WebSocket;
window.WebSocket = class extends NativeSocket {
  constructor(...args) { super(...args); window.__sockets.push(this); }
};
"""
RECEIVED = """async () => {
  const sum = { frames: 0, energy: 0 };
  for (const peer of window.__peers)
    for (const stat of (await peer.getStats()).values())
      if (stat.type === 'inbound-rtp') {
        sum.frames += stat.framesDecoded || 0;
        sum.energy += stat.totalAudioEnergy || 0;
      }
  return sum;
}"""
PHONE = {"width": 360, "height": 780}
DESK = {"width": 1440, "height": 900}
SLOW = 30_000
START_S = 150.0  # a busy machine loads the models in a minute, an idle one in five seconds


@dataclass(slots=True)
class Stage:
    """`vcounter serve --demo` in a process of its own, which may be killed and started again."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    logins: dict[str, str] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None
    _drain: asyncio.Task[None] | None = None
    log: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        env = os.environ | {
            "VCOUNTER_DATA_DIR": str(self.data_dir),
            "VCOUNTER_RATE_LOGIN_PER_MIN": "1000",
            "VCOUNTER_RATE_VISITS_PER_MIN": "1000",
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "vcounter", "serve", "--demo"),
            *("--port", str(self.port), "--json"),
            cwd=ROOT,
            env=env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=2**22,
        )
        async with asyncio.timeout(START_S):
            await self._read_logins()
        self._drain = asyncio.create_task(self._keep_log())

    async def _read_logins(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            text = line.decode()
            with contextlib.suppress(json.JSONDecodeError):
                facts = json.loads(text)
                if "logins" in facts:
                    self.logins = {a["login"]: a["password"] for a in facts["logins"]}
                    return
            self.log.append(text)
        raise AssertionError("the server did not start:\n" + "".join(self.log[-30:]))

    async def _keep_log(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.log.append(line.decode())

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server process alone; its workers notice by themselves."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(how)
            async with asyncio.timeout(30):
                await process.wait()
        if self._drain is not None:
            await asyncio.wait({self._drain}, timeout=10)
            self._drain.cancel()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)

    async def staff(self, login: str = "agent1") -> httpx.AsyncClient:
        """A signed-in API client."""
        client = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1", headers={"X-Requested-With": "vcounter"}, timeout=30
        )
        answer = await client.post(
            "/staff/login", json={"login": login, "password": self.logins[login]}
        )
        assert answer.status_code == 200, answer.text
        return client

    async def link(self, person: DemoPerson | None, lang: str = "zh-CN") -> str:
        """The address that an SMS would carry."""
        async with contextlib.aclosing(await self.staff("lead")) as client:
            body = {"msisdn": person.person.msisdn if person else "", "lang": lang}
            answer = await client.post("/demo/links", json=body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["url"])

    async def inbox(self, msisdn: str) -> list[dict[str, str]]:
        async with httpx.AsyncClient(base_url=f"{self.url}/api/v1") as client:
            return list((await client.get("/demo/inbox", params={"msisdn": msisdn})).json())


def person(case: str) -> DemoPerson:
    return next(p for p in DEMO_PEOPLE if p.case == case)


def _data_url(image: Any, quality: int = 90) -> str:
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()


@cache
def pictures_of(case: str, face_of: str = "", card_of: str = "") -> str:
    """What the shim's cameras show for one demo person, as JSON for the page.

    `face_of` shows another portrait's face, `card_of` another person's card.
    """
    demo = person(case)
    jpeg = portraits()[face_of or demo.portrait_key].live
    face = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    head = HeadModel(np.asarray(face, np.uint8))
    yaws = range(-44, 45, 4)
    card = Caller(person(card_of) if card_of else demo).card()
    size = (1280, 960)
    rear = {
        name: _data_url(phone_photo(draw(card), np.random.default_rng(5), size))
        for name, draw in (("card_front", draw_front), ("card_back", draw_back))
    }
    rear["rear"] = rear["card_front"]
    rear["router"] = "data:image/jpeg;base64," + base64.b64encode(router().still).decode()
    rear["table"] = _data_url(np.full((960, 1280, 3), 118, np.uint8))
    return json.dumps(
        {
            "yaw": {str(y): _data_url(head.render(float(y), (640, 480))) for y in yaws},
            "rear": rear,
            "rearSize": size,
            "turn": TURN_YAW_DEG,
        }
    )


class Customer:
    """The phone: the customer's page, touched only as its screen says."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.touches = 0

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        pictures: str,
        *,
        lang: str = "zh-CN",
        viewport: dict[str, int] | None = None,
    ) -> Customer:
        context = await browser.new_context(
            viewport=viewport or PHONE,  # type: ignore[arg-type]  # a TypedDict of two ints
            locale=lang,
            has_touch=True,
            is_mobile=True,
            permissions=["camera", "microphone"],
        )
        await context.add_init_script(f"window.__shimPictures = {pictures};\n{SHIM}\n{PEERS}")
        page = await context.new_page()
        await page.goto(url)
        return cls(page)

    async def touch(self, testid: str) -> None:
        self.touches += 1
        await self.page.get_by_test_id(testid).click(timeout=SLOW)

    async def sees(self, testid: str, timeout_ms: int = SLOW) -> None:
        await expect(self.page.get_by_test_id(testid)).to_be_visible(timeout=timeout_ms)

    async def lay(self, picture: str) -> None:
        """Put something else before the rear camera."""
        await self.page.evaluate("name => { window.__shim.rear = name }", picture)

    async def close(self) -> None:
        await self.page.context.close()


class Agent:
    """The console in a desktop browser."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def open(cls, browser: Browser, stage: Stage, login: str = "agent1") -> Agent:
        context: BrowserContext = await browser.new_context(
            viewport=DESK,  # type: ignore[arg-type]  # a TypedDict of two ints
            locale="zh-CN",
            permissions=["camera", "microphone"],
        )
        await context.add_init_script(PEERS)
        page = await context.new_page()
        await page.goto(f"{stage.url}/console")
        agent = cls(page)
        await agent.fill("login-name", login)
        await agent.fill("login-password", stage.logins[login])
        await agent.click("login-submit")
        await expect(page.get_by_test_id("ready-button")).to_be_visible(timeout=SLOW)
        return agent

    async def click(self, testid: str) -> None:
        await self.page.get_by_test_id(testid).click(timeout=SLOW)

    async def fill(self, testid: str, text: str) -> None:
        field_ = self.page.get_by_test_id(testid)
        inner = field_.locator("input, textarea")
        await (inner.first if await inner.count() else field_).fill(text, timeout=SLOW)

    async def sees(self, testid: str, timeout_ms: int = SLOW) -> None:
        await expect(self.page.get_by_test_id(testid)).to_be_visible(timeout=timeout_ms)

    async def close(self) -> None:
        await self.page.context.close()


async def received(page: Page) -> dict[str, float]:
    """Frames decoded and audio energy heard so far, from the browser's own statistics."""
    return dict(await page.evaluate(RECEIVED))


async def both_hear_and_see(agent: Page, customer: Page, seconds: float = 2.0) -> None:
    """Moving pictures and sound arrive on both sides."""
    before = [await received(page) for page in (agent, customer)]
    await asyncio.sleep(seconds)
    for earlier, page in zip(before, (agent, customer), strict=True):
        now = await received(page)
        assert now["frames"] - earlier["frames"] >= 5 * seconds, (earlier, now)
        assert now["energy"] > earlier["energy"], (earlier, now)
