"""Personal data at rest: planted values are in no file of the database, sealed ones do not move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from tests.contract.db.test_sms_contract import row as sms_row
from tests.contract.db.test_visits_contract import link
from tests.contract.db.world import AT, NUMBER, OURS, add_visit
from tests.postgres import PostgresServer
from vcounter.adapters.db import SqlDatabase
from vcounter.adapters.keys import DatabaseKeyStore, FileKeyEncryptionKey, KeyDamaged, KeyMissing
from vcounter.domain.ids import Msisdn
from vcounter.domain.visit import VisitState
from vcounter.services.ports import CodeRow, ReadField

SECRETS = ["13812346021", "卖火柴的小女孩", "430102199001011234", "JBSWY3DPEHPK3PXP", "PUK-PLANT"]


async def plant(db: SqlDatabase) -> None:
    """Write each secret wherever it may stand, several times, so that pages are rewritten."""
    visit, party = await add_visit(db, OURS)
    personal = {"document": "430102199001011234", "said": "卖火柴的小女孩", "puk": "PUK-PLANT"}
    async with db.write(OURS.scope) as uow:
        await uow.links.add(link())
        words = "卖火柴的小女孩"
        await uow.sms.add(replace(sms_row(OURS, visit_id=visit.id), text=words))
        await uow.sms.add(replace(sms_row(OURS, "2"), text=words))
        await uow.codes.put(CodeRow(visit.id, NUMBER, "hash", AT, 3))
        await uow.messages.add(OURS.message(visit, "卖火柴的小女孩 430102199001011234"))
        await uow.evidence.add(replace(OURS.evidence(visit, party), detail=personal))
        fields = {name: ReadField(value, 0.9) for name, value in personal.items()}
        await uow.readings.put(replace(OURS.reading(visit), fields=fields))
        await uow.outbox.add(visit.id, "message", personal)
        await uow.outbox.add("desk:stf_1", "offer", personal)
        step = replace(OURS.step(visit), params=personal, outcome=personal)
        await uow.steps.add(step)
        await uow.steps.save(step)
        order = replace(
            OURS.order(visit, party, OURS.staff().agent.id),
            inputs=personal,
            result=personal,
            approval=personal,
        )
        await uow.orders.add(order)
        await uow.orders.save(order)
        await uow.visits.save(visit)


async def test_planted_values_are_in_no_database_file(
    db: SqlDatabase, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The write-ahead logs included."""
    await plant(db)
    if db.is_sqlite:
        files = list(tmp_path.glob("counter.sqlite3*"))  # noqa: ASYNC240
    else:
        async with db.write_transaction(None) as transaction:
            await transaction.connection.execute(text("CHECKPOINT"))
        server: PostgresServer = request.getfixturevalue("postgres_server")
        files = [*server.data.glob("base/**/*"), *server.data.glob("pg_wal/*")]

    assert any("wal" in str(path) for path in files)
    assert _holds(files, OURS.visit().id)  # the rows are there
    for secret in SECRETS:
        assert not _holds(files, secret)


def _holds(files: list[Path], value: str) -> bool:
    return any(value.encode() in path.read_bytes() for path in files if path.is_file())


async def test_planted_values_are_in_no_column(db: SqlDatabase) -> None:
    await plant(db)

    content = b""
    async with db.read_transaction(None) as transaction:
        for table in await transaction.connection.run_sync(_tables):
            rows = await transaction.connection.execute(text(f'SELECT * FROM "{table}"'))
            content += b"".join(_bytes(value) for row in rows.all() for value in row)
    assert OURS.visit().id.encode() in content
    for secret in SECRETS:
        assert secret.encode() not in content


def _tables(connection: Connection) -> list[str]:
    return list(inspect(connection).get_table_names())


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


async def test_sealed_value_does_not_open_in_another_row(db: SqlDatabase) -> None:
    first, _ = await add_visit(db, OURS, "1")
    async with db.write(OURS.scope) as uow:
        await uow.messages.add(OURS.message(first, "one", "1"))
        await uow.messages.add(OURS.message(first, "two", "2", after_s=1))

    async with db.write_transaction(None) as transaction:
        await transaction.connection.execute(
            text(
                "UPDATE messages SET text = (SELECT text FROM messages WHERE id = 'msg_a43_1') "
                "WHERE id = 'msg_a43_2'"
            )
        )

    async with db.read(OURS.scope) as uow:
        with pytest.raises(KeyDamaged):
            await uow.messages.of_visit(first.id)


async def test_number_is_found_by_its_blind_index(db: SqlDatabase) -> None:
    visit, _ = await add_visit(db, OURS)
    query = text("SELECT id FROM visits WHERE msisdn_index = :index")

    async with db.read_transaction(None) as transaction:
        index = db.keys.blind_index(f"msisdn:{NUMBER}")
        assert (await transaction.connection.scalar(query, {"index": index})) == visit.id
        other = db.keys.blind_index(f"msisdn:{Msisdn('13812346022')}")
        assert (await transaction.connection.scalar(query, {"index": other})) is None


async def test_visit_whose_key_is_gone_cannot_be_read(db: SqlDatabase) -> None:
    """Deleting the key deletes what it sealed, also in every backup."""
    visit, _ = await add_visit(db, OURS)
    async with db.write_transaction(None) as transaction:
        await transaction.connection.execute(
            text("DELETE FROM data_keys WHERE owner = :visit"), {"visit": visit.id}
        )

    async with db.read(OURS.scope) as uow:
        with pytest.raises(KeyMissing):
            await uow.visits.get(visit.id)


async def test_rotation_keeps_everything_readable(
    db: SqlDatabase, keys: DatabaseKeyStore, kek: FileKeyEncryptionKey, tmp_path: Path
) -> None:
    """Old values open before, during and after; the running store needs no restart."""
    visit, _ = await add_visit(db, OURS)
    before = await keys.data_key(OURS.scope, visit.id)

    assert await kek.rotate() == 2
    other, _ = await add_visit(db, OURS, "2")
    # Two visits made before and after, and three tenant keys: the one made after is new already.
    assert await keys.rewrap() == 4
    assert await keys.rewrap() == 0
    assert await keys.rotate() == (3, 5)

    async with db.read(OURS.scope) as uow:
        assert len(await uow.visits.in_states([VisitState.WAITING])) == 2
    fresh = DatabaseKeyStore(FileKeyEncryptionKey(tmp_path / "keys" / "kek.json"), db.keys._ids)
    fresh.attach(keys._keys())
    assert await fresh.data_key(OURS.scope, visit.id) == before
    assert await fresh.data_key(OURS.scope, other.id) == await keys.data_key(OURS.scope, other.id)
