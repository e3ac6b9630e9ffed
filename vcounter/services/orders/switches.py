"""Which actions are offered, to which role and when; a lost phone can be reported at any hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from vcounter.actions import registry
from vcounter.domain.errors import ActionClosed, InvalidInput
from vcounter.services.context import Deps, StaffCaller
from vcounter.services.ports import ActionSwitch, AuditLine, UnitOfWork
from vcounter.services.views import iso

ALL_ROLES = "all"
ALWAYS_OPEN = frozenset({"report_loss"})


async def require_open(
    uow: UnitOfWork, caller: StaffCaller, action_id: str, at: datetime, now: datetime
) -> None:
    """The action is offered to this person's role at that moment. Raises ActionClosed, which says
    the hours in words and when it opens next, if it does."""
    switch = _in_force(await uow.switches.of_action(action_id), action_id, caller.role)
    if switch is None:
        return
    zone = ZoneInfo((await uow.tenants.get(caller.scope.tenant_id)).timezone)
    if not switch.enabled:
        raise ActionClosed("switched off", reason="switched_off", hours="-")
    if is_open(switch, at.astimezone(zone)):
        return
    raise ActionClosed(
        "outside its hours",
        reason="outside_hours",
        opens_at=iso(next_opening(switch, max(at, now).astimezone(zone))) or "",
        **hours_in_words(switch),
    )


def _in_force(switches: Sequence[ActionSwitch], action_id: str, role: str) -> ActionSwitch | None:
    """The role's own switch before that of all; none for what is always open."""
    if action_id in ALWAYS_OPEN:
        return None
    by_role = {s.role: s for s in switches if s.action_id == action_id}
    return by_role.get(role) or by_role.get(ALL_ROLES)


def is_open(switch: ActionSwitch, local: datetime) -> bool:
    """Whether `local`, in the tenant's zone, lies within the hours; the closing minute does not."""
    if switch.opens is None or switch.closes is None:
        return True
    clock = local.time()
    if switch.opens < switch.closes:
        return switch.opens <= clock < switch.closes
    return clock >= switch.opens or clock < switch.closes


def next_opening(switch: ActionSwitch, local: datetime) -> datetime | None:
    """When it opens next after `local`, which lies outside the hours."""
    if switch.opens is None:
        return None
    today = datetime.combine(local.date(), switch.opens, local.tzinfo)
    return today if today > local else today + timedelta(days=1)


def hours_in_words(switch: ActionSwitch) -> dict[str, str]:
    if switch.opens is None or switch.closes is None:
        return {"hours": "00:00-24:00", "hours_zh": "全天", "hours_en": "around the clock"}
    opens, closes = f"{switch.opens:%H:%M}", f"{switch.closes:%H:%M}"
    overnight = switch.closes <= switch.opens
    return {
        "hours": f"{opens}-{closes}",
        "hours_zh": f"每天 {opens} 到{'次日' if overnight else ''} {closes}",
        "hours_en": f"daily from {opens} to {closes}{' the next day' if overnight else ''}",
    }


async def offered(deps: Deps, caller: StaffCaller) -> list[dict[str, object]]:
    """The catalogue's forms, each with whether this person's role may use it now, and its hours."""
    async with deps.db.read(caller.scope) as uow:
        switches = await uow.switches.all()
        zone = ZoneInfo((await uow.tenants.get(caller.scope.tenant_id)).timezone)
    local = deps.clock.now().astimezone(zone)
    return [
        {**form, **_offer(_in_force(switches, str(form["id"]), caller.role), local)}
        for form in registry.forms()
    ]


def _offer(switch: ActionSwitch | None, local: datetime) -> dict[str, object]:
    if switch is None:
        return {"enabled": True, "open_now": True, "hours": None}
    hours = None
    if switch.opens is not None and switch.closes is not None:
        hours = {"opens": f"{switch.opens:%H:%M}", "closes": f"{switch.closes:%H:%M}"}
    enabled = switch.enabled
    return {"enabled": enabled, "open_now": enabled and is_open(switch, local), "hours": hours}


async def read_switches(deps: Deps, caller: StaffCaller, action_id: str) -> list[dict[str, object]]:
    """The switches of one action in the caller's region. Raises NotFound."""
    registry.entry(action_id)
    async with deps.db.read(caller.scope) as uow:
        return [_view(s) for s in await uow.switches.of_action(action_id)]


async def set_switch(
    deps: Deps,
    caller: StaffCaller,
    action_id: str,
    *,
    role: str,
    enabled: bool,
    opens: time | None,
    closes: time | None,
) -> list[dict[str, object]]:
    """Set one role's switch, or everybody's (`all`), and return all of the action's. Audited.

    Raises NotFound, InvalidInput: hours come in pairs that differ, and what must be open at any
    hour cannot be closed (`always_open`).
    """
    registry.entry(action_id)
    if (opens is None) is not (closes is None) or (opens is not None and opens == closes):
        raise InvalidInput("both or none", field="closes", reason="hours")
    if action_id in ALWAYS_OPEN and (not enabled or opens is not None):
        raise InvalidInput("open at any hour", field="enabled", reason="always_open")
    switch = ActionSwitch(
        tenant_id=caller.scope.tenant_id,
        region=caller.scope.region,
        action_id=action_id,
        role=role,
        enabled=enabled,
        set_at=deps.clock.now(),
        set_by=caller.id,
        opens=opens,
        closes=closes,
    )
    detail = {
        "role": role,
        "enabled": "yes" if enabled else "no",
        "opens": f"{opens:%H:%M}" if opens else "",
        "closes": f"{closes:%H:%M}" if closes else "",
    }
    async with deps.db.write(caller.scope) as uow:
        await uow.hold(f"switch/{action_id}")
        await uow.switches.put(switch)
        await uow.audit.write(AuditLine(caller.id, "switch.set", action_id, "", detail))
        return [_view(s) for s in await uow.switches.of_action(action_id)]


def _view(switch: ActionSwitch) -> dict[str, object]:
    return {
        "role": switch.role,
        "enabled": switch.enabled,
        "opens": f"{switch.opens:%H:%M}" if switch.opens else None,
        "closes": f"{switch.closes:%H:%M}" if switch.closes else None,
        "set_at": iso(switch.set_at),
    }
