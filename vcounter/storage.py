"""Opening what the counter keeps: the database with its keys, the audit chain, the home tenant.

Shared by the server (`bootstrap`) and by commands that work without one (`offline`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vcounter.adapters.db import AuditChain, SqlDatabase, make_database
from vcounter.adapters.keys import DatabaseKeyStore, FileKeyEncryptionKey, SigningKey
from vcounter.domain.ids import Region, SkillGroupId, TenantId
from vcounter.jobs.audit_heads import HeadsFile
from vcounter.jobs.audit_sealer import AuditSealer
from vcounter.services.ports import Clock, IdFactory, Scope, SkillGroup, Tenant
from vcounter.settings import Settings

HOME = Scope(TenantId("ten_default"), Region("43"))
_GROUPS = (("general", "综合台", "General"), ("elder_care", "长辈台", "Elder care"))


@dataclass(frozen=True, slots=True)
class Storage:
    """An open database and the keys of its personal columns. Close the database at the end."""

    database: SqlDatabase
    keys: DatabaseKeyStore


def make_folders(settings: Settings) -> None:
    """The data directory and its parts, for the owner alone. Blocks. Safe to repeat."""
    data = settings.data_dir
    for folder in (data, data / "keys", data / "recordings", data / "blobs"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def open_storage(settings: Settings, clock: Clock, ids: IdFactory) -> Storage:
    """The schema must be up to date (`adapters.db.upgrade`) and the folders made."""
    keys = DatabaseKeyStore(FileKeyEncryptionKey(_key(settings, "kek.json")), ids)
    return Storage(make_database(settings.database, keys, clock), keys)


def signing_key(settings: Settings) -> SigningKey:
    """The key that signs audit heads and evidence packs, made at first use. Blocks."""
    return SigningKey(_key(settings, "audit.pem"))


def audit_sealer(settings: Settings, database: SqlDatabase, clock: Clock) -> AuditSealer:
    """Seals and verifies the audit chain of this data directory."""
    heads = HeadsFile(settings.data_dir / "audit-heads.jsonl")
    return AuditSealer(AuditChain(database), signing_key(settings), heads, clock)


def _key(settings: Settings, name: str) -> Path:
    return settings.data_dir / "keys" / name


async def ensure_home(database: SqlDatabase) -> None:
    """Make the default tenant with its skill groups. Safe to repeat."""
    async with database.read(None) as uow:
        scopes = await uow.tenants.scopes()
    if HOME in scopes:
        return
    async with database.write(HOME) as uow:
        await uow.tenants.add(Tenant(HOME.tenant_id, "远程营业厅", "Asia/Shanghai"))
        for code, zh, en in _GROUPS:
            await uow.skill_groups.add(
                SkillGroup(
                    id=SkillGroupId(f"skg_{code}"),
                    tenant_id=HOME.tenant_id,
                    region=HOME.region,
                    code=code,
                    name_zh=zh,
                    name_en=en,
                )
            )
