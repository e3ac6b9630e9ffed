"""The spoken prompts over HTTP: an operator's recording comes before the one that ships."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from vcounter.http.routes_pages import VoiceFiles
from vcounter.settings import Settings


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
async def client(tmp_path: Path, own: Path) -> AsyncIterator[httpx.AsyncClient]:
    shipped = tmp_path / "shipped"
    (shipped / "en").mkdir(parents=True)
    (shipped / "manifest.json").write_text('{"en":["call.connected"]}')
    (shipped / "en" / "call.connected.mp3").write_bytes(b"shipped sound")
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    app = Starlette(routes=[Mount("/voice", VoiceFiles(own, shipped))])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://counter") as client:
        yield client


def _record(own: Path, name: str, sound: bytes) -> None:
    path = own / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sound)


async def test_without_an_own_recording_the_shipped_one_is_played(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/voice/en/call.connected.mp3")

    assert answer.content == b"shipped sound"
    assert answer.headers["content-type"] == "audio/mpeg"
    assert (await client.get("/voice/manifest.json")).json() == {"en": ["call.connected"]}


async def test_an_own_recording_is_heard_without_a_restart(
    client: httpx.AsyncClient, own: Path
) -> None:
    old = await client.get("/voice/en/call.connected.mp3")
    _record(own, "en/call.connected.mp3", b"own")

    new = await client.get(
        "/voice/en/call.connected.mp3", headers={"If-None-Match": old.headers["etag"]}
    )

    assert (new.status_code, new.content) == (200, b"own")
    assert new.headers["cache-control"] == "no-cache"


async def test_a_recording_that_has_not_changed_is_not_sent_again(
    client: httpx.AsyncClient,
) -> None:
    etag = (await client.get("/voice/en/call.connected.mp3")).headers["etag"]

    again = await client.get("/voice/en/call.connected.mp3", headers={"If-None-Match": etag})

    assert again.status_code == 304


async def test_a_part_of_a_recording_can_be_asked_for_as_phones_do(
    client: httpx.AsyncClient,
) -> None:
    part = await client.get("/voice/en/call.connected.mp3", headers={"Range": "bytes=0-1"})

    assert (part.status_code, part.content) == (206, b"sh")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.mp3",
        "..%2fsecret.mp3",
        "en/..%2f..%2fsecret.mp3",
        "en/%2e%2e/%2e%2e/secret.mp3",
        "%2fetc/passwd",
        "en/call.connected.mp3%00",
        "en/..mp3",
        "en",
        "",
    ],
)
async def test_nothing_outside_the_folders_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/voice/{path}")).status_code == 404


async def test_only_recordings_leave_an_operators_folder(
    client: httpx.AsyncClient, own: Path
) -> None:
    _record(own, "notes.txt", b"who spoke")
    _record(own, "en/contract.pdf", b"%PDF")

    assert (await client.get("/voice/notes.txt")).status_code == 404
    assert (await client.get("/voice/en/contract.pdf")).status_code == 404


async def test_a_link_out_of_the_folder_is_not_followed(
    client: httpx.AsyncClient, own: Path, tmp_path: Path
) -> None:
    (own / "en").mkdir(parents=True)
    (own / "en" / "call.agent_away.mp3").symlink_to(tmp_path / "secret.mp3")

    assert (await client.get("/voice/en/call.agent_away.mp3")).status_code == 404


def test_own_recordings_lie_in_the_data_directory_unless_told_otherwise() -> None:
    assert Settings().voice_path == Path("var/voice")
    assert Settings(voice_dir="recordings").voice_path == Path("recordings")
