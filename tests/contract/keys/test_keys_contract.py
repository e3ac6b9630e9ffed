"""Key files, the key-encryption key and the signing key."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from vcounter.adapters.keys import (
    DatabaseKeyStore,
    FileKeyEncryptionKey,
    KeyDamaged,
    KeyFileUnsafe,
    KeyMissing,
    KeyStoreError,
    SigningKey,
)
from vcounter.adapters.keys.kek import Wrapped

PLAIN, CONTEXT = bytes(range(32)), b"key_1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "kek.json"


def test_key_file_is_its_owners_alone(path: Path) -> None:
    FileKeyEncryptionKey(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_key_file_that_others_can_read_is_refused(path: Path) -> None:
    FileKeyEncryptionKey(path)
    path.chmod(0o640)

    with pytest.raises(KeyFileUnsafe):
        FileKeyEncryptionKey(path)


async def test_first_uses_at_once_agree_on_one_key(path: Path) -> None:
    keks = await asyncio.gather(*(asyncio.to_thread(FileKeyEncryptionKey, path) for _ in range(4)))

    wrapped = await keks[0].wrap(PLAIN, CONTEXT)

    for kek in keks:
        assert await kek.unwrap(wrapped, CONTEXT) == PLAIN
        assert kek.index_key() == keks[0].index_key()
    assert os.listdir(path.parent) == [path.name]


async def test_wrapped_key_opens_in_its_own_context_only(path: Path) -> None:
    kek = FileKeyEncryptionKey(path)
    wrapped = await kek.wrap(PLAIN, CONTEXT)

    assert PLAIN not in wrapped.data
    with pytest.raises(KeyDamaged):
        await kek.unwrap(wrapped, b"key_2")
    with pytest.raises(KeyDamaged):
        await kek.unwrap(Wrapped(1, wrapped.data[:-1]), CONTEXT)
    with pytest.raises(KeyDamaged):
        await kek.unwrap(Wrapped(1, b""), CONTEXT)
    with pytest.raises(KeyMissing):
        await kek.unwrap(Wrapped(9, wrapped.data), CONTEXT)


async def test_running_server_follows_a_rotation_by_another_process(path: Path) -> None:
    server, command = FileKeyEncryptionKey(path), FileKeyEncryptionKey(path)
    old = await server.wrap(PLAIN, CONTEXT)

    assert await command.rotate() == 2

    assert await server.version() == 2
    new = await server.wrap(PLAIN, CONTEXT)
    assert (old.version, new.version) == (1, 2)
    for wrapped in (old, new):
        assert await server.unwrap(wrapped, CONTEXT) == PLAIN
        assert await command.unwrap(wrapped, CONTEXT) == PLAIN
    assert server.index_key() == FileKeyEncryptionKey(path).index_key()


async def test_rotations_at_once_lose_no_version(path: Path) -> None:
    keks = [FileKeyEncryptionKey(path) for _ in range(4)]

    await asyncio.gather(*(kek.rotate() for kek in keks))

    assert await keks[0].version() == 5
    FileKeyEncryptionKey(path)  # would refuse a file that others can read


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"format": 2}',
        '{"format": 1, "current": 1, "keys": {}, "index_key": "AA=="}',
    ],
)
def test_damaged_key_file_is_refused(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text(content)

    with pytest.raises(KeyDamaged):
        FileKeyEncryptionKey(path)


def test_key_of_the_wrong_size_is_refused(path: Path) -> None:
    FileKeyEncryptionKey(path)
    document = json.loads(path.read_text())
    document["keys"]["1"] = "AAAA"
    path.write_text(json.dumps(document))

    with pytest.raises(KeyDamaged):
        FileKeyEncryptionKey(path)


async def test_key_store_without_a_database_says_so(path: Path) -> None:
    from tests.fakes.clock import FakeClock
    from vcounter.adapters.ids import UlidFactory
    from vcounter.domain.ids import Region, TenantId, VisitId
    from vcounter.services.ports import Scope

    store = DatabaseKeyStore(FileKeyEncryptionKey(path), UlidFactory(FakeClock()))

    assert store.blind_index("138") == store.blind_index("138") != store.blind_index("139")
    with pytest.raises(KeyStoreError):
        await store.data_key(Scope(TenantId("ten_a"), Region("43")), VisitId("vis_1"))


def test_signature_fits_its_message_and_key_only(tmp_path: Path) -> None:
    key, other = SigningKey(tmp_path / "a.pem"), SigningKey(tmp_path / "b.pem")

    signature = key.sign(b"head")

    assert SigningKey(tmp_path / "a.pem").verify(b"head", signature)
    assert key.id == SigningKey(tmp_path / "a.pem").id != other.id
    assert not key.verify(b"tail", signature)
    assert not other.verify(b"head", signature)
    assert not key.verify(b"head", "not hex")


def test_signing_key_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    path.touch(mode=0o600)

    with pytest.raises(KeyDamaged):
        SigningKey(path)
