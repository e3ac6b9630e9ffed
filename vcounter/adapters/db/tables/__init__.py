"""All tables, one module per family; importing this package fills `metadata`."""

from vcounter.adapters.db.tables import (
    attempts,
    evidence,
    journal,
    keys,
    orders,
    people,
    sms,
    switches,
    visits,
)
from vcounter.adapters.db.tables.base import metadata

__all__ = [
    "attempts",
    "evidence",
    "journal",
    "keys",
    "metadata",
    "orders",
    "people",
    "sms",
    "switches",
    "visits",
]
