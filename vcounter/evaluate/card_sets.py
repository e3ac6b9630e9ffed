"""Labelled sets of specimen cards: made by seed, and read from a folder's truth.json.

truth.json lists pictures: file, side, condition, and what stands on the card in its own words (sex
男 or 女, birth 1966年1月28日, validity 2012.09.27-长期). File names tell nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np

from vcounter.adapters.identity.card_fields import LONG_TERM, SEXES
from vcounter.adapters.identity.document import plain_name, plain_number
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.specimen.card import NOTO, Person, Typeface, draw_back, draw_front
from vcounter.specimen.conditions import CONDITIONS
from vcounter.specimen.invented import invent

TRUTH = "truth.json"
FRONT_FIELDS = ("number", "name", "ethnicity", "address", "birth", "sex")
BACK_FIELDS = ("authority", "validity")
_BACK_EVERY = 4
_QUALITY = 90


class SetUnreadable(ValueError):
    """The folder has no truth.json, or one that is not a list of pictures."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture and what a reading of it should say, in the reader's own terms."""

    path: Path
    side: Literal["front", "back"]
    condition: str
    truth: dict[str, str] = field(repr=False)


def read_set(folder: Path) -> list[Labelled]:
    """The pictures of a folder, in the order of its list. Raises SetUnreadable."""
    try:
        rows = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
        return [_labelled(folder, row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetUnreadable(f"{folder / TRUTH}: {error!r}") from error


def _labelled(folder: Path, row: dict[str, str]) -> Labelled:
    side: Literal["front", "back"] = "front" if row["side"] == "front" else "back"
    path = folder / Path(row["file"]).name
    if side == "back":
        start, _, end = row["validity"].partition("-")
        until = LONG_TERM if end == "长期" else _iso(end)
        truth = {"authority": plain(row["issuer"]), "validity": f"{_iso(start)}/{until}"}
        return Labelled(path, side, row["condition"], truth)
    truth = {
        "number": plain_number(row["number"]),
        "name": plain_name(row["name"]),
        "ethnicity": row["ethnicity"],
        "address": plain(row["address"]),
        "birth": _iso(row["birth"]),
        "sex": SEXES[row["sex"]],
    }
    return Labelled(path, side, row["condition"], truth)


def plain(text: str) -> str:
    """Folded by NFKC, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _iso(text: str) -> str:
    year, month, day = (int(part) for part in re.findall(r"[0-9]+", text))
    return date(year, month, day).isoformat()


def make_set(folder: Path, count: int, seed: int, faces: Sequence[Typeface] = (NOTO,)) -> int:
    """Draw `count` fronts, conditions in turn, and a back for each fourth; returns the pictures.

    The same count, seed and typefaces give the same set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = list(CONDITIONS)
    rows: list[dict[str, str]] = []
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        holder, face = invent(rng), faces[index % len(faces)]
        condition = names[index % len(names)]
        sides = ("front", "back") if index % _BACK_EVERY == 0 else ("front",)
        for side in sides:
            card = (draw_front if side == "front" else draw_back)(holder, face)
            name = f"{len(rows):05}.jpg"
            (folder / name).write_bytes(encode_jpeg(CONDITIONS[condition](card, rng), _QUALITY))
            rows.append({"file": name, "side": side, "condition": condition} | _words(holder, side))
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    (folder / TRUTH).write_text(text + "\n", encoding="utf-8")
    return len(rows)


def _words(holder: Person, side: str) -> dict[str, str]:
    if side == "back":
        end = "长期" if holder.valid_until is None else f"{holder.valid_until:%Y.%m.%d}"
        return {"issuer": holder.authority, "validity": f"{holder.valid_from:%Y.%m.%d}-{end}"}
    return {
        "name": holder.name,
        "sex": "男" if holder.sex == "male" else "女",
        "ethnicity": holder.ethnicity,
        "birth": f"{holder.birth.year}年{holder.birth.month}月{holder.birth.day}日",
        "address": holder.address,
        "number": holder.number,
    }
