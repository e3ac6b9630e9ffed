"""The evidence pack: whole, signed, audited, and without anything secret."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.fakes.levels_world import Levels
from tests.fakes.order_world import PUK, SCOPE
from vcounter.adapters.keys import SigningKey
from vcounter.domain.errors import InvalidInput, NotFound
from vcounter.domain.ids import Region, TenantId, VisitId
from vcounter.evidence_file import verify_pack
from vcounter.services.identity.evidence_pack import PackRequest, PackSource, evidence_pack
from vcounter.services.identity.send_code import send_code
from vcounter.services.ports import Scope


async def source_of(levels: Levels) -> PackSource:
    deps = levels.deps
    key = await asyncio.to_thread(SigningKey, levels.world.folder / "audit.pem")
    return PackSource(deps.db, deps.keys, deps.blobs, deps.clock, deps.ids, key)


async def make(levels: Levels, reason: str = "complaint 7", scope: Scope = SCOPE) -> bytes:
    request = PackRequest("stf_lead", "http", reason)
    return await evidence_pack(await source_of(levels), scope, levels.visit_id, request)


def read(pack: bytes, name: str) -> object:
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        return json.loads(file.read(name))


async def tell(levels: Levels) -> None:
    """A visit with pictures, a disclosure and a code."""
    face = await levels.picture("live_face", b"the face")
    await levels.reach_l2(image_id=face.id)
    await send_code(levels.deps, levels.agent, levels.visit_id)
    await levels.world.carry_out("query_puk")


async def test_pack_holds_the_whole_visit(levels: Levels) -> None:
    await tell(levels)

    pack = await make(levels)

    manifest = read(pack, "manifest.json")
    assert isinstance(manifest, dict)
    assert (manifest["reason"], manifest["made_by"]) == ("complaint 7", "stf_lead")
    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        names = set(file.namelist())
        for name, digest in manifest["members"].items():
            assert hashlib.sha256(file.read(name)).hexdigest() == digest
        [picture] = [n for n in names if n.startswith("images/")]
        assert file.read(picture) == b"the face"
    assert names == {"manifest.json", "manifest.sig", *manifest["members"]}
    kinds = [e["kind"] for e in read(pack, "evidence.json")]  # type: ignore[attr-defined]  # a list of objects
    assert kinds[-1] == "agent_decision"
    verbs = [e["verb"] for e in read(pack, "audit.json")]  # type: ignore[attr-defined]  # a list of objects
    assert {"step.push", "order.prepare", "order.confirm"} <= set(verbs)


async def test_pack_holds_no_secret_and_no_disclosure(levels: Levels) -> None:
    await tell(levels)
    code = (await levels.world.inbox.recent())[-1].text

    pack = await make(levels)

    with zipfile.ZipFile(io.BytesIO(pack)) as file:
        text = b"".join(file.read(name) for name in file.namelist()).decode(errors="replace")
    assert PUK not in text
    assert code not in text
    assert "undo_url" not in text


async def test_export_is_audited_and_its_reason_kept(levels: Levels) -> None:
    pack = await make(levels)

    async with levels.deps.db.read(SCOPE) as uow:
        lines = [line for _, line in await uow.audit.of_object(levels.visit_id)]
        [note] = await uow.messages.of_visit(levels.visit_id)
    assert lines[-1].verb == "evidence.export"
    assert lines[-1].detail["sha256"] == hashlib.sha256(pack).hexdigest()
    assert (note.sender, note.text) == ("file", "evidence pack, stf_lead: complaint 7")


async def test_pack_wants_a_reason_and_ones_own_tenant(levels: Levels) -> None:
    with pytest.raises(InvalidInput):
        await make(levels, reason=" ")
    with pytest.raises(NotFound):
        await make(levels, scope=Scope(TenantId("ten_other"), Region("43")))
    levels.world.visit_id = VisitId("vis_none")
    with pytest.raises(NotFound):
        await make(levels)


async def test_picture_that_is_gone_is_named(levels: Levels) -> None:
    row = await levels.picture("live_face")
    await levels.deps.blobs.delete(row.blob_key)

    manifest = read(await make(levels), "manifest.json")

    assert isinstance(manifest, dict)
    assert manifest["missing"] == [row.id]


async def test_changed_pack_does_not_pass(levels: Levels, tmp_path: Path) -> None:
    await tell(levels)
    key = (await source_of(levels)).signer.public_hex
    path = tmp_path / "pack.zip"
    path.write_bytes(await make(levels))
    assert verify_pack(path, key)["ok"] is True
    other = SigningKey(tmp_path / "other.pem").public_hex
    assert verify_pack(path, other) == {
        "ok": False,
        "signed": False,
        "bad": [],
        "visit": levels.visit_id,
    }

    for name, data in (("orders.json", b"[]"), ("extra.json", b"{}")):
        changed = tmp_path / f"changed-{name}.zip"
        _change(path, changed, name, data)
        assert verify_pack(changed, key)["ok"] is False
        assert verify_pack(changed, key)["bad"] == [name]
    path.write_bytes(b"no zip")
    assert verify_pack(path, key)["ok"] is False


def _change(path: Path, to: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        members = {n: old.read(n) for n in old.namelist()} | {name: data}
        for member, content in members.items():
            new.writestr(member, content)
