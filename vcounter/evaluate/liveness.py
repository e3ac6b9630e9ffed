"""`vcounter evaluate liveness`: APCER by kind and BPCER of the parallax measure, on clips."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from vcounter.adapters.identity import models
from vcounter.domain.challenge import TURN_OFFSET
from vcounter.domain.liveness import HOLD_FRAMES
from vcounter.evaluate.clips import make_set, measure_clip, offset_range
from vcounter.evaluate.labels import ListUnusable, find_folder, read_list, refuse
from vcounter.evaluate.statistics import Rate, eer

LIVE = "live"


def score_all(rows: Sequence[Mapping[str, str]], folder: Path) -> dict[str, dict[str, list[float]]]:
    """Set name -> label -> how far the nose moved in each clip. Raises ListUnusable."""
    sets: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        clip = measure_clip(folder / row["file"])
        sets[row["set"]][row["label"].lower()].append(offset_range(clip.measures, HOLD_FRAMES))
    return sets


def report(by_label: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The figures of one set, or of all together."""
    live = list(by_label.get(LIVE, ()))
    attacks = {label: list(s) for label, s in by_label.items() if label != LIVE}
    apcer = {k: Rate(sum(s >= TURN_OFFSET for s in v), len(v)) for k, v in sorted(attacks.items())}
    bpcer = Rate(sum(s < TURN_OFFSET for s in live), len(live))
    return {
        "apcer": {kind: rate.share for kind, rate in apcer.items()},
        "bpcer": bpcer.share,
        "eer": eer(live, [s for scores in attacks.values() for s in scores]),
        "threshold": TURN_OFFSET,
        "intervals": {
            "apcer": {kind: rate.as_json() for kind, rate in apcer.items()},
            "bpcer": bpcer.as_json(),
        },
        "text": {"apcer": {k: str(r) for k, r in apcer.items()}, "bpcer": str(bpcer)},
    }


def command(
    labels: Annotated[Path, typer.Argument(help="CSV with the columns file,label,set.")],
    images: Annotated[Path | None, typer.Option(help="Folder of the videos and pictures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """APCER by attack kind, BPCER and EER on videos or pictures.

    `label` is `live` or the attack's kind. Recorded footage cannot answer a challenge, so what is
    judged is the measure that the challenge rests on: whether the nose moves against the eyes by
    the shipped 0.30 eye distances, held for two frames, anywhere in the clip. A live clip must
    therefore show a turn of the head; a picture, or a clip without one, counts as refused. A video
    of somebody turning passes this measure by its nature: what a replay achieves against random
    prompts is measured by the tests in tests/security.
    """
    try:
        rows = read_list(labels, ("file", "label", "set"))
        folder = find_folder(labels, images, rows[0]["file"])
        models.load_all()
        sets = score_all(rows, folder)
    except ListUnusable as error:
        raise refuse(error) from None
    together: dict[str, list[float]] = defaultdict(list)
    for by_label in sets.values():
        for label, scores in by_label.items():
            together[label] += scores
    whole = report(together) | {"sets": {name: report(one) for name, one in sets.items()}}
    for name, row in whole["sets"].items():
        typer.echo(table(name, row), err=as_json)
    if as_json:
        for row in (whole, *whole["sets"].values()):
            row.pop("text")
        typer.echo(json.dumps(whole, ensure_ascii=False))


def table(name: str, row: Mapping[str, Any]) -> str:
    """One set for people."""
    lines = [f"{name}: nose moves by {row['threshold']:.2f} eye distances or more"]
    for kind, text in row["text"]["apcer"].items():
        lines.append(f"  APCER {kind:<16} {text}")
    lines.append(f"  BPCER {'':<16} {row['text']['bpcer']}")
    value = row["eer"]
    lines.append(f"  EER   {'':<16} {'-' if value is None else f'{100 * value:.2f} %'}")
    return "\n".join(lines)


def make_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the set.")],
    count: Annotated[int, typer.Option("-n", min=1, help="Clips of each kind.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same set.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Draw live clips and attacks of each kind, with labels.csv, to practise on."""
    models.load_all()
    made = make_set(folder, count, seed)
    typer.echo(
        json.dumps({"clips": made}) if as_json else f"{made} clips and labels.csv in {folder}"
    )
