"""The operator's own business, one file for each action: what it checks, costs and changes.

A file here has the name of its action and holds one `BUSINESS`; `find_business` looks it up.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from vcounter.adapters.bss.embedded.business.base import Business
from vcounter.domain.errors import NotFound


@cache
def all_business() -> dict[str, Business]:
    """Every business of this system by the id of its action."""
    found = {}
    for module in iter_modules(__path__):
        business = getattr(import_module(f"{__name__}.{module.name}"), "BUSINESS", None)
        if isinstance(business, Business):
            found[business.id] = business
    return found


def find_business(action_id: str) -> Business:
    """Raises NotFound for an action that this system does not have."""
    business = all_business().get(action_id)
    if business is None:
        raise NotFound("no such action", action_id=action_id)
    return business
