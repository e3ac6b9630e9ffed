"""What the command line does to the data without a running server: staff, keys, the audit log."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vcounter.adapters.clock import SystemClock
from vcounter.adapters.db import SqlDatabase, upgrade
from vcounter.adapters.ids import UlidFactory
from vcounter.adapters.passwords import hash_password
from vcounter.domain.agent import Role
from vcounter.domain.errors import InvalidInput
from vcounter.services.staff.add_staff import MIN_PASSWORD_CHARS, NewStaff, add_staff
from vcounter.settings import Settings
from vcounter.storage import HOME, audit_sealer, ensure_home, make_folders, open_storage


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqlDatabase]:
    """The database of this installation, brought up to date; closed at the end."""
    clock = SystemClock()
    await asyncio.to_thread(make_folders, settings)
    await asyncio.to_thread(upgrade, settings.database)
    storage = open_storage(settings, clock, UlidFactory(clock))
    try:
        yield storage.database
    finally:
        await storage.database.close()


async def verify_audit(settings: Settings) -> dict[str, object]:
    """Check the whole chain; a running server may go on sealing meanwhile."""
    async with opened(settings) as database:
        report = await audit_sealer(settings, database, SystemClock()).verify()
    return report.as_json()


async def rotate_keys(settings: Settings) -> dict[str, object]:
    """A new key-encryption key for all data keys; a running server takes it up by itself."""
    async with opened(settings) as database:
        version, rewrapped = await database.keys.rotate()
    return {"version": version, "rewrapped": rewrapped}


async def new_staff(
    settings: Settings,
    *,
    login: str,
    name: str,
    badge: str,
    role: str,
    groups: tuple[str, ...],
    password: str = "",
) -> dict[str, object]:
    """Add one member of staff; an empty password is made and returned, else it is not repeated.

    Raises InvalidInput: unknown role or group, a login that is taken, a password under
    MIN_PASSWORD_CHARS characters.
    """
    if role not in set(Role):
        raise InvalidInput(role, field="role", reason="choice")
    made = "" if password else secrets.token_urlsafe(12)
    if password and len(password) < MIN_PASSWORD_CHARS:
        raise InvalidInput("too short", field="password", reason="length")
    hashed = await asyncio.to_thread(hash_password, password or made)
    new = NewStaff(login, name, badge, Role(role), hashed, groups)
    clock = SystemClock()
    async with opened(settings) as database:
        await ensure_home(database)
        staff_id = await add_staff(database, clock, UlidFactory(clock), HOME, new)
    result: dict[str, object] = {"staff_id": staff_id, "login": login, "role": role}
    return result | ({"password": made} if made else {})
