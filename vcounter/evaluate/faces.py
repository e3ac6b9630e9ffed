"""`vcounter evaluate faces`: false and true matches of one-to-one comparison, by set.

Both engines, the fused score and the zones are the product's own. A pair is two single pictures, so
the least number of frames does not apply. A genuine pair in which no face is found counts as not
matched; an impostor pair in which none is found is left out, since it would flatter the FMR.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from vcounter.adapters.identity import faces, models, zones
from vcounter.adapters.identity.configured import thresholds
from vcounter.adapters.identity.pictures import open_upload
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Zone
from vcounter.evaluate.labels import ListUnusable, find_folder, read_list, refuse
from vcounter.evaluate.statistics import Rate, eer, percentile, tar_at_far
from vcounter.settings import Settings

MIN_IMPOSTORS = 3000
SIDE_PX = 1280
SILENT_DLIB = 0.6  # for ranking only: the distance a silent second opinion counts as
_SAME = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Pair:
    set_name: str
    first: str
    second: str
    same: bool


@dataclass(slots=True)
class Found:
    """All that one set gave. Scores are of the pairs in which both faces were found."""

    genuine: list[zones.Score] = field(default_factory=list)
    impostor: list[zones.Score] = field(default_factory=list)
    genuine_lost: int = 0
    impostor_lost: int = 0
    files: set[str] = field(default_factory=set)
    without_face: set[str] = field(default_factory=set)
    milliseconds: list[float] = field(default_factory=list)


def read_pairs(path: Path) -> list[Pair]:
    """Rows set,a,b,same. Raises ListUnusable."""
    pairs = []
    for number, row in enumerate(read_list(path, ("set", "a", "b", "same")), start=2):
        same = _SAME.get(row["same"].lower())
        if same is None:
            raise ListUnusable(f"{path}, line {number}: same is {row['same']!r}; write 1 or 0")
        pairs.append(Pair(row["set"], row["a"], row["b"], same))
    return pairs


def compare_all(pairs: Sequence[Pair], folder: Path) -> dict[str, Found]:
    """Compare every pair; each picture is measured once. Raises ListUnusable for a bad picture."""
    known: dict[str, tuple[faces.Templates | None, float]] = {}
    sets: dict[str, Found] = defaultdict(Found)
    for pair in pairs:
        found = sets[pair.set_name]
        sides = []
        for name in (pair.first, pair.second):
            if name not in known:
                known[name] = _measure(folder / name)
            if name not in found.files:
                found.files.add(name)
                found.milliseconds.append(known[name][1])
            if known[name][0] is None:
                found.without_face.add(name)
            sides.append(known[name][0])
        _add(found, pair.same, sides[0], sides[1])
    return dict(sets)


def _measure(path: Path) -> tuple[faces.Templates | None, float]:
    try:
        image = open_upload(path.read_bytes(), side_px=SIDE_PX)
    except FileNotFoundError as error:
        raise ListUnusable(f"{path} does not exist; name the folder with --images") from error
    except (ImageUnusable, OSError) as error:
        raise ListUnusable(f"{path} is no JPEG, PNG or WebP picture that can be used") from error
    begun = time.perf_counter()
    detected = models.detect(image)
    result = faces.templates(image, detected[0]) if detected else None
    return result, 1000 * (time.perf_counter() - begun)


def _add(
    found: Found, same: bool, first: faces.Templates | None, second: faces.Templates | None
) -> None:
    if first is None or second is None:
        found.genuine_lost += same
        found.impostor_lost += not same
        return
    (found.genuine if same else found.impostor).append(faces.score(first, second))


def report(found: Found, limits: zones.Thresholds) -> dict[str, Any]:
    """The set's figures as JSON; intervals are exact ones of 95 %."""
    failed = Rate(len(found.without_face), len(found.files))
    return {
        "genuine": len(found.genuine) + found.genuine_lost,
        "impostor": len(found.impostor) + found.impostor_lost,
        "images": len(found.files),
        "failed_to_detect": failed.hits,
        "failed_to_detect_rate": failed.as_json(),
        **_ranked(found, _fused),
        "engines": {
            "sface": _ranked(found, lambda s: s.sface),
            "dlib": _ranked(found, lambda s: -_distance(s)),
        },
        "shipped": {
            "match": _zone_rates(found, limits, (Zone.MATCH,)),
            "match_or_review": _zone_rates(found, limits, (Zone.MATCH, Zone.REVIEW)),
        },
        "thresholds": limits.detail(),
        "p50_ms": _rounded(percentile(found.milliseconds, 0.50)),
        "p95_ms": _rounded(percentile(found.milliseconds, 0.95)),
        "verdict": "measured" if len(found.impostor) >= MIN_IMPOSTORS else "reported, not passed",
    }


def _fused(score: zones.Score) -> float:
    return score.sface - zones.DLIB_WEIGHT * _distance(score)


def _distance(score: zones.Score) -> float:
    return SILENT_DLIB if score.dlib is None else score.dlib


def _ranked(found: Found, value: Callable[[zones.Score], float]) -> dict[str, Any]:
    genuine = [value(s) for s in found.genuine]
    genuine += [float("-inf")] * found.genuine_lost
    impostor = [value(s) for s in found.impostor]
    return {
        "eer": eer(genuine, impostor),
        "tar_at_far": {
            name: tar_at_far(genuine, impostor, far)
            for name, far in (("1e-2", 1e-2), ("1e-3", 1e-3))
        },
    }


def _zone_rates(
    found: Found, limits: zones.Thresholds, wanted: tuple[Zone, ...]
) -> dict[str, object]:
    def inside(scores: Sequence[zones.Score]) -> int:
        return sum(zones.decide([s] * limits.min_frames, limits).zone in wanted for s in scores)

    fmr = Rate(inside(found.impostor), len(found.impostor))
    tar = Rate(inside(found.genuine), len(found.genuine) + found.genuine_lost)
    return {
        "fmr": fmr.share,
        "fmr_95": list(fmr.interval),
        "tar": tar.share,
        "tar_95": list(tar.interval),
        "text": {"fmr": str(fmr), "tar": str(tar)},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def command(
    pairs: Annotated[Path, typer.Argument(help="CSV with the columns set,a,b,same (1 or 0).")],
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """False and true matches on labelled pairs, each set apart, at the thresholds in force.

    A set with fewer than 3,000 impostor pairs is reported, not passed: it cannot show an FMR of
    0.1 %. docs/identity-calibration.md explains the words and how to set the thresholds.
    """
    try:
        listed = read_pairs(pairs)
        folder = find_folder(pairs, images, listed[0].first)
        models.load_all()
        found = compare_all(listed, folder)
    except ListUnusable as error:
        raise refuse(error) from None
    limits = thresholds(Settings())
    sets = {name: report(one, limits) for name, one in found.items()}
    for name, row in sets.items():
        typer.echo(table(name, row), err=as_json)
    if as_json:
        for row in sets.values():
            for zone in row["shipped"].values():
                zone.pop("text")
        typer.echo(json.dumps({"sets": sets}, ensure_ascii=False))


def table(name: str, row: dict[str, Any]) -> str:
    """One set for people."""
    lines = [
        f"{name}: {row['genuine']} genuine and {row['impostor']} impostor pairs "
        f"of {row['images']} pictures",
        f"  no face found       {row['failed_to_detect']} pictures",
        f"  EER                 {_percent(row['eer'])}",
    ]
    for far, value in row["tar_at_far"].items():
        lines.append(f"  TAR at FAR {far}     {_percent(value)}")
    for zone, title in (("match", "match"), ("match_or_review", "match or review")):
        text = row["shipped"][zone]["text"]
        lines.append(f"  {title:<16}    FMR {text['fmr']}   TAR {text['tar']}")
    lines.append(f"  per picture         p50 {row['p50_ms']} ms, p95 {row['p95_ms']} ms")
    if row["verdict"] != "measured":
        lines.append(f"  {row['verdict']}: fewer than {MIN_IMPOSTORS} impostor pairs")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "too few pairs" if share is None else f"{100 * share:.2f} %"
