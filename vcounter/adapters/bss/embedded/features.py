"""Basic functions of a number: caller ID, call forwarding, mobile data, long-distance calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vcounter.adapters.bss.embedded.business.base import Books

BY_DEFAULT = {"caller_id": True, "call_forward": False, "mobile_data": True, "long_distance": True}


@dataclass(frozen=True, slots=True)
class Feature:
    """`target` is where calls are forwarded to; `made_by` the command that set it last."""

    code: str
    is_on: bool
    target: str = field(default="", repr=False)
    made_by: str = ""


async def features_of(books: Books, sub: str) -> Mapping[str, Feature]:
    """Every feature by its code; as a new number has it where nothing was ever set."""
    found = {code: Feature(code, is_on) for code, is_on in BY_DEFAULT.items()}
    for row in await books.store.all("SELECT * FROM features WHERE sub = ?", (sub,)):
        target = row["target"]
        found[row["code"]] = Feature(
            row["code"],
            bool(row["is_on"]),
            books.vault.text(target, _place(sub)) if target else "",
            row["made_by"],
        )
    return found


async def set_feature(books: Books, sub: str, feature: Feature) -> None:
    """Within the caller's transaction."""
    await books.store.run(
        "INSERT INTO features (sub, code, is_on, target, made_by) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (sub, code) DO UPDATE SET is_on = excluded.is_on, target = excluded.target,"
        " made_by = excluded.made_by",
        (sub, feature.code, int(feature.is_on), seal_target(books, sub, feature), feature.made_by),
    )


def seal_target(books: Books, sub: str, feature: Feature) -> bytes | None:
    return books.vault.seal(feature.target, _place(sub)) if feature.target else None


def open_target(books: Books, sub: str, sealed: bytes | None) -> str:
    return books.vault.text(sealed, _place(sub)) if sealed else ""


def _place(sub: str) -> str:
    return f"features.target/{sub}"
