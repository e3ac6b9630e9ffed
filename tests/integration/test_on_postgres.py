"""The whole counter on PostgreSQL: a visit from the link to the wrap-up, and the log behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.counter_rig import running_rig
from tests.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


async def test_a_visit_is_served_on_postgresql(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    url = postgres_server.create_database()
    try:
        async with running_rig(tmp_path, database_url=url) as rig:
            customer = await rig.customer(await rig.link())
            visit_id = await rig.serve("agent1", customer)
            desk = rig.staff["agent1"]
            pushed = await desk.post(
                f"/visits/{visit_id}/steps",
                json={"kind": "consent", "params": {"topic": "face"}},
            )
            step = pushed.json()["id"]
            answered = await customer.post(
                f"/visit/steps/{step}/answer", json={"answer": {"given": True}}
            )
            said = await customer.post("/visit/messages", json={"text": "您好"})
            view = (await desk.get(f"/visits/{visit_id}")).json()
            assert (answered.status_code, said.status_code) == (204, 201)
            assert view["visit"]["face_consent"] == "given"
            assert [m["text"] for m in view["messages"]] == ["您好"]
            assert (await desk.post(f"/visits/{visit_id}/end")).status_code == 204
            closed = await desk.post(
                f"/visits/{visit_id}/wrap_up", json={"disposition": "done", "note": "办妥"}
            )
            assert closed.status_code == 204
            await asyncio.wait_for(rig.counter.sealer.run_once(), 10)
            report = await rig.counter.sealer.verify()
            assert report.ok
            assert report.lines > 5
            await customer.aclose()
    finally:
        postgres_server.drop_database(url)
