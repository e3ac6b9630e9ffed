"""The blob store: whole or nothing, unreadable at rest, bound to its name."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcounter.adapters.blobs import FileBlobStore
from vcounter.adapters.blobs.sealed_file import CHUNK_BYTES
from vcounter.domain.errors import InvalidInput, NotFound

KEY, OTHER_KEY = bytes(32), bytes([1]) * 32
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(root: Path) -> FileBlobStore:
    return FileBlobStore(root)


@pytest.mark.parametrize("size", SIZES)
async def test_object_comes_back_as_it_was(blobs: FileBlobStore, size: int) -> None:
    data = os.urandom(size)

    await blobs.put("images/vis_1/img_1", data, KEY)

    assert await blobs.get("images/vis_1/img_1", KEY) == data
    assert await blobs.size("images/vis_1/img_1", KEY) == size


async def test_put_replaces(blobs: FileBlobStore, root: Path) -> None:
    await blobs.put("a", b"first", KEY)
    await blobs.put("a", b"second", KEY)

    assert await blobs.get("a", KEY) == b"second"
    assert os.listdir(root) == ["a"]


async def test_deleted_object_is_not_found(blobs: FileBlobStore) -> None:
    await blobs.put("a/b", b"x", KEY)

    await blobs.delete("a/b")
    await blobs.delete("a/b")

    for missing in ("a/b", "a", "a/b/c", "never"):
        with pytest.raises(NotFound):
            await blobs.get(missing, KEY)


@given(data=st.binary(max_size=50), offset=st.integers(0, 60), length=st.integers(0, 60))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_stretch_can_be_read(tmp_path: Path, data: bytes, offset: int, length: int) -> None:
    async def check() -> None:
        blobs = FileBlobStore(tmp_path / "stretch")
        await blobs.put("x", data, KEY)
        assert await blobs.read("x", KEY, offset, length) == data[offset : offset + length]

    asyncio.run(check())


async def test_stretch_across_chunks_is_whole(blobs: FileBlobStore) -> None:
    data = os.urandom(3 * CHUNK_BYTES + 7)
    await blobs.put("x", data, KEY)

    for offset, length in ((CHUNK_BYTES - 3, 6), (0, 2 * CHUNK_BYTES + 1), (3 * CHUNK_BYTES, 99)):
        assert await blobs.read("x", KEY, offset, length) == data[offset : offset + length]


async def test_nothing_readable_is_on_disk(blobs: FileBlobStore, root: Path) -> None:
    await blobs.put("x", b"planted value" * 10_000, KEY)

    content = await asyncio.to_thread((root / "x").read_bytes)
    assert b"planted" not in content
    assert os.stat(root / "x").st_mode & 0o777 == 0o600
    assert os.stat(root).st_mode & 0o777 == 0o700


async def refused(blobs: FileBlobStore, key: str = "x", data_key: bytes = KEY) -> None:
    with pytest.raises(InvalidInput) as caught:
        await blobs.get(key, data_key)
    assert caught.value.fields["reason"] == "tampered"


async def test_other_key_or_name_does_not_open(blobs: FileBlobStore, root: Path) -> None:
    await blobs.put("x", b"data", KEY)
    await asyncio.to_thread(os.link, root / "x", root / "y")

    await refused(blobs, data_key=OTHER_KEY)
    await refused(blobs, key="y")


@pytest.mark.parametrize(
    "cut", [1, 16, 17, CHUNK_BYTES + 16, 2 * (CHUNK_BYTES + 16), 3 * (CHUNK_BYTES + 16)]
)
async def test_cut_object_is_refused(blobs: FileBlobStore, root: Path, cut: int) -> None:
    """Also one cut exactly between two chunks, and also when only its beginning is asked for."""
    await blobs.put("x", os.urandom(3 * CHUNK_BYTES), KEY)
    os.truncate(root / "x", os.stat(root / "x").st_size - cut)

    await refused(blobs)
    with pytest.raises(InvalidInput):
        await blobs.read("x", KEY, 0, 1)


@pytest.mark.parametrize("position", [0, 5, 20, 21, CHUNK_BYTES + 40, -1])
async def test_flipped_bit_is_refused(blobs: FileBlobStore, root: Path, position: int) -> None:
    await blobs.put("x", os.urandom(2 * CHUNK_BYTES), KEY)
    content = bytearray(await asyncio.to_thread((root / "x").read_bytes))
    content[position] ^= 1
    await asyncio.to_thread((root / "x").write_bytes, bytes(content))

    await refused(blobs)


async def test_swapped_chunks_are_refused(blobs: FileBlobStore, root: Path) -> None:
    await blobs.put("x", os.urandom(3 * CHUNK_BYTES), KEY)
    content = await asyncio.to_thread((root / "x").read_bytes)
    step = CHUNK_BYTES + 16
    head, first, second, rest = (
        content[:20],
        *(content[20 + i * step :][:step] for i in (0, 1)),
        (content[20 + 2 * step :]),
    )
    await asyncio.to_thread((root / "x").write_bytes, head + second + first + rest)

    await refused(blobs)


@pytest.mark.parametrize("content", [b"", b"VCB1", b"VCB1" + bytes(16), b"nonsense" * 20])
async def test_file_that_is_no_object_is_refused(
    blobs: FileBlobStore, root: Path, content: bytes
) -> None:
    await asyncio.to_thread((root / "x").write_bytes, content)

    await refused(blobs)


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a\0b", "ä", "x" * 201],
)
async def test_key_that_leads_elsewhere_is_refused(blobs: FileBlobStore, key: str) -> None:
    with pytest.raises(InvalidInput):
        await blobs.put(key, b"x", KEY)
    with pytest.raises(InvalidInput):
        await blobs.get(key, KEY)
    with pytest.raises(InvalidInput):
        await blobs.delete(key)


async def test_put_that_fails_leaves_the_old_object(
    blobs: FileBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blobs.put("x", b"old", KEY)

    def full(_descriptor: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        await blobs.put("x", b"new", KEY)
    monkeypatch.undo()

    assert await blobs.get("x", KEY) == b"old"
    assert os.listdir(root) == ["x"]
