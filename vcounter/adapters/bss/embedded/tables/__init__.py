"""Tables of the operator's system by family of business; each module holds its `TABLES`.

All are `CREATE TABLE IF NOT EXISTS ... STRICT`, so that opening an older file adds what is new.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def all_tables() -> str:
    """The SQL that makes every table that is not there yet; `core` first, others refer to it."""
    names = sorted((m.name for m in iter_modules(__path__)), key=lambda n: (n != "core", n))
    return "".join(import_module(f"{__name__}.{name}").TABLES for name in names)
