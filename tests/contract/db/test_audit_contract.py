"""The audit chain, on every database: sealing, tampering, cutting the tail, two sealers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.contract.db.world import OURS
from tests.fakes.clock import FakeClock
from vcounter.adapters.db import AuditChain, SqlDatabase
from vcounter.adapters.keys import SigningKey
from vcounter.jobs import audit_sealer
from vcounter.jobs.audit_heads import HeadsFile
from vcounter.jobs.audit_sealer import AuditReport, AuditSealer
from vcounter.services.ports import AuditLine

MakeSealer = Callable[[], AuditSealer]


@pytest.fixture
def heads_file(tmp_path: Path) -> Path:
    return tmp_path / "export" / "audit-heads.jsonl"


@pytest.fixture
def make_sealer(db: SqlDatabase, clock: FakeClock, tmp_path: Path, heads_file: Path) -> MakeSealer:
    def make() -> AuditSealer:
        key = SigningKey(tmp_path / "keys" / "audit.pem")
        return AuditSealer(AuditChain(db), key, HeadsFile(heads_file), clock)

    return make


@pytest.fixture
def sealer(make_sealer: MakeSealer) -> AuditSealer:
    return make_sealer()


async def write(db: SqlDatabase, count: int, verb: str = "order.confirm") -> None:
    for number in range(count):
        async with db.write(OURS.scope) as uow:
            await uow.audit.write(AuditLine("stf_1", verb, f"ord_{number}", "s", {"n": "1"}))


async def tamper(db: SqlDatabase, statement: str) -> None:
    async with db.write_transaction(None) as transaction:
        await transaction.connection.execute(text(statement))


async def test_empty_log_is_in_order(sealer: AuditSealer) -> None:
    assert await sealer.run_once() == 0
    assert await sealer.verify() == AuditReport(0, True, None, 0)


async def test_lines_are_sealed_in_batches_and_verified(
    db: SqlDatabase, sealer: AuditSealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealer, "_BATCH", 3)
    monkeypatch.setattr(audit_sealer, "_PAGE", 2)
    await write(db, 7)
    assert await sealer.verify() == AuditReport(0, True, None, 7)

    assert await sealer.run_once() == 7
    await write(db, 1)

    assert await sealer.verify() == AuditReport(7, True, None, 1)
    assert await sealer.run_once() == 1
    assert (await sealer.verify()).as_json() == {
        "lines": 8,
        "ok": True,
        "first_bad": None,
        "unsealed": 0,
    }


async def test_two_sealers_at_once_do_not_fork_the_chain(
    db: SqlDatabase, make_sealer: MakeSealer, heads_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_sealer, "_BATCH", 2)
    sealers = [make_sealer() for _ in range(3)]
    await write(db, 9)

    sealed = await asyncio.gather(*(sealer.run_once() for sealer in sealers))

    assert sum(sealed) == 9
    assert await sealers[0].verify() == AuditReport(9, True, None, 0)
    places = [head.seq for head in HeadsFile(heads_file).read() if head]
    assert places == sorted(set(places))


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_commits_do_not_wait_for_the_sealer(db: SqlDatabase) -> None:
    """In SQLite every writer waits for every other, the sealer among them."""
    await write(db, 1)

    async with AuditChain(db).sealing() as sealing:
        assert await sealing.unsealed(10)
        async with asyncio.timeout(5):
            await asyncio.create_task(write(db, 1))


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE audit_lines SET verb = 'order.cancel' WHERE seq = 3", 3),
        ("UPDATE audit_lines SET actor = 'stf_2' WHERE seq = 1", 1),
        ("UPDATE audit_lines SET region = '44' WHERE seq = 2", 2),
        ("UPDATE audit_lines SET detail = '{}' WHERE seq = 5", 5),
        ("UPDATE audit_lines SET hash = prev_hash WHERE seq = 4", 4),
        ("DELETE FROM audit_lines WHERE seq = 2", 2),
        ("UPDATE audit_lines SET seq = seq + 100 WHERE seq >= 4", 4),
        ("DELETE FROM audit_lines WHERE seq = 5", 5),
        ("UPDATE audit_heads SET signature = 'ab' WHERE seq = 5", 5),
        ("DELETE FROM audit_heads", 5),
    ],
)
async def test_tampering_shows_where_it_begins(
    db: SqlDatabase, sealer: AuditSealer, statement: str, first_bad: int
) -> None:
    await write(db, 5)
    await sealer.run_once()

    await tamper(db, statement)

    report = await sealer.verify()
    assert (report.ok, report.first_bad) == (False, first_bad)


async def test_cutting_the_tail_shows_against_the_exported_heads(
    db: SqlDatabase, sealer: AuditSealer
) -> None:
    await write(db, 3)
    await sealer.run_once()
    await write(db, 2)
    await sealer.run_once()

    await tamper(db, "DELETE FROM audit_lines WHERE seq > 3")
    await tamper(db, "DELETE FROM audit_heads WHERE seq > 3")

    assert await sealer.verify() == AuditReport(3, False, 4, 0)


async def test_chain_rewritten_without_the_key_is_not_believed(
    db: SqlDatabase, sealer: AuditSealer, tmp_path: Path, clock: FakeClock
) -> None:
    """Somebody with the database and the code, but another signing key."""
    await write(db, 3)
    await sealer.run_once()
    await tamper(db, "DELETE FROM audit_heads")
    await tamper(db, "DELETE FROM audit_lines WHERE seq = 2")
    await tamper(db, "UPDATE audit_lines SET seq = NULL, hash = NULL, prev_hash = NULL")

    forger_key = SigningKey(tmp_path / "forger.pem")
    forger = AuditSealer(AuditChain(db), forger_key, HeadsFile(tmp_path / "forged"), clock)
    await forger.run_once()

    report = await sealer.verify()
    assert (report.ok, report.first_bad) == (False, 2)


async def test_lost_export_shows(
    db: SqlDatabase, sealer: AuditSealer, heads_file: Path, clock: FakeClock
) -> None:
    await write(db, 2)
    await sealer.run_once()
    clock.move(minutes=2)

    await asyncio.to_thread(heads_file.unlink)

    assert (await sealer.verify()).first_bad == 1


async def test_export_missed_by_a_crash_is_made_good(
    db: SqlDatabase, sealer: AuditSealer, heads_file: Path
) -> None:
    """Also when the crash tore the file's last line."""
    await write(db, 2)
    await sealer.run_once()
    whole = await asyncio.to_thread(heads_file.read_bytes)
    await write(db, 2)
    await sealer.run_once()
    await asyncio.to_thread(heads_file.write_bytes, whole + b'{"seq": 4, "ha')

    assert (await sealer.verify()).ok
    assert await sealer.run_once() == 0

    assert [head.seq for head in HeadsFile(heads_file).read() if head] == [2, 4]
    assert (await sealer.verify()).ok


async def test_foreign_line_in_the_export_shows(
    db: SqlDatabase, sealer: AuditSealer, heads_file: Path
) -> None:
    await write(db, 2)
    await sealer.run_once()

    whole = await asyncio.to_thread(heads_file.read_bytes)
    await asyncio.to_thread(heads_file.write_bytes, whole + b"nonsense\n")

    assert not (await sealer.verify()).ok


async def test_log_that_grows_meanwhile_is_no_false_alarm(
    db: SqlDatabase, make_sealer: MakeSealer
) -> None:
    async def grow() -> None:
        for _ in range(15):
            await write(db, 1)
            await make_sealer().run_once()

    growing = asyncio.create_task(grow())
    while not growing.done():
        assert (await make_sealer().verify()).ok

    await growing
    assert (await make_sealer().verify()).lines == 15
