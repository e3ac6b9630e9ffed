"""`vcounter evaluate cards`: how well cards are inspected and read, on a labelled set.

Every picture is read, also one that the gates refuse: a refusal is counted apart. A number counts
as accepted when it is sure and without a fault (`document.SURE`), as for a customer.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from vcounter.adapters.identity import cards, models, ocr
from vcounter.adapters.identity.document import SURE, plain_name, plain_number
from vcounter.adapters.identity.pictures import encode_jpeg
from vcounter.adapters.identity.reading import read_card
from vcounter.domain.errors import ImageUnusable
from vcounter.domain.identity import Outcome
from vcounter.evaluate.card_sets import (
    BACK_FIELDS,
    FRONT_FIELDS,
    TRUTH,
    Labelled,
    SetUnreadable,
    make_set,
    plain,
    read_set,
)
from vcounter.evaluate.labels import ListUnusable, refuse
from vcounter.evaluate.statistics import wilson
from vcounter.services.ports import CardReading, CardReport
from vcounter.specimen.card import NOTO, Typeface, draw_front
from vcounter.specimen.conditions import clean, video_hd, video_vga
from vcounter.specimen.invented import invent

_NOT_A_CARD = ("screen", "copy")  # conditions whose warnings are right
_WANTED = (
    "`vcounter evaluate make-cards DIR` makes a set. It is a JSON list of objects with file, side "
    "(front or back) and condition; a front also with name, sex, ethnicity, birth, address and "
    "number, a back with issuer and validity"
)
_COMMON = (clean, video_hd, video_vga)


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture's result: which fields were right, whether its number was taken, and how."""

    condition: str
    side: str
    right: dict[str, bool]
    refused: str
    number_accepted: bool
    warnings: tuple[str, ...]
    seconds: float
    cpu_seconds: float  # of all threads: what a busy machine does not change

    @property
    def wrong_number_accepted(self) -> bool:
        return self.number_accepted and not self.right["number"]


def judge(picture: Labelled) -> Judged:
    """Inspect and read one picture as the laboratory does, and compare it with its label."""
    begun, cpu = time.perf_counter(), time.process_time()
    try:
        report = cards.inspect_card(picture.path.read_bytes(), picture.side, None)
        reading = read_card(report.jpeg, picture.side)
    except ImageUnusable as error:
        nothing = dict.fromkeys(picture.truth, False)
        reason = str(error.fields.get("reason", error.code))
        return Judged(picture.condition, picture.side, nothing, reason, False, (), 0.0, 0.0)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    said = _said(reading)
    right = {name: said.get(name) == truth for name, truth in picture.truth.items()}
    return Judged(
        picture.condition,
        picture.side,
        right,
        _refusal(report),
        _number_accepted(reading),
        report.warnings,
        seconds,
        cpu,
    )


def _refusal(report: CardReport) -> str:
    return report.reason if report.outcome is Outcome.FAILED else ""


def _number_accepted(reading: CardReading) -> bool:
    number = reading.fields.get("number")
    return number is not None and number.confidence >= SURE and not reading.faults


def _said(reading: CardReading) -> dict[str, str]:
    """A reading in the set's terms."""
    said = {name: plain(read.text) for name, read in reading.fields.items()}
    if "name" in said:
        said["name"] = plain_name(said["name"])
    if "number" in said:
        said["number"] = plain_number(said["number"])
    if "valid_from" in said and "valid_until" in said:
        said["validity"] = f"{said['valid_from']}/{said['valid_until']}"
    return said


def summary(results: Sequence[Judged]) -> dict[str, Any]:
    """Shares of right fields by condition with 95 % intervals (Wilson), and times."""
    fronts = [r for r in results if r.side == "front"]
    genuine = [r for r in results if r.condition not in _NOT_A_CARD]
    return {
        "conditions": _by_condition(fronts, FRONT_FIELDS),
        "backs": _by_condition([r for r in results if r.side == "back"], BACK_FIELDS),
        "fronts": _shares(fronts, FRONT_FIELDS),
        "numbers_accepted": sum(r.number_accepted for r in fronts),
        "wrong_numbers_accepted": sum(r.wrong_number_accepted for r in fronts),
        "false_warnings": _share(sum(bool(r.warnings) for r in genuine), len(genuine)),
        **_times("", [r.seconds for r in results if r.seconds]),
        **_times("cpu_", [r.cpu_seconds for r in results if r.seconds]),
    }


def _times(kind: str, seconds: list[float]) -> dict[str, float]:
    return {
        f"{kind}p{share}_ms": round(1000 * float(np.percentile(seconds or [0.0], share)), 1)
        for share in (50, 95)
    }


def _by_condition(results: Sequence[Judged], names: Sequence[str]) -> dict[str, Any]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    for result in results:
        groups[result.condition].append(result)
    return {condition: _shares(group, names) for condition, group in groups.items()}


def _shares(group: Sequence[Judged], names: Sequence[str]) -> dict[str, Any]:
    count = len(group)
    right = {name: sum(r.right[name] for r in group) for name in names}
    found: dict[str, Any] = {"images": count}
    found |= {name: round(n / count, 4) if count else 0.0 for name, n in right.items()}
    found["refused"] = sum(bool(r.refused) for r in group)
    found["warned"] = {
        code: sum(code in r.warnings for r in group)
        for code in sorted({w for r in group for w in r.warnings})
    }
    found["intervals"] = {name: _interval(n, count) for name, n in right.items()}
    return found


def _share(right: int, count: int) -> dict[str, Any]:
    share = round(right / count, 4) if count else 0.0
    return {"images": count, "share": share, "interval": _interval(right, count)}


def _interval(right: int, count: int) -> tuple[float, float]:
    low, high = wilson(right, count)
    return round(low, 4), round(high, 4)


def load() -> None:
    """What a worker has loaded before its first card."""
    models.load_all()
    ocr.load()


def card_seconds(count: int) -> list[float]:
    """Seconds to inspect and read each of `count` specimen fronts: stills, 720p and VGA in turn."""
    load()
    times = []
    for index in range(count):
        rng = np.random.default_rng(index)
        picture = _COMMON[index % len(_COMMON)](draw_front(invent(rng)), rng)
        still = encode_jpeg(picture)
        begun = time.perf_counter()
        read_card(cards.inspect_card(still, "front", None).jpeg, "front")
        times.append(time.perf_counter() - begun)
    return times


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Pictures and truth.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Inspect and read every card of DIR, and say how often each field was right."""
    try:
        pictures = _pictures(folder)
    except ListUnusable as error:
        raise refuse(error) from None
    load()
    results = []
    for picture in pictures:
        results.append(judge(picture))
        wrong = [name for name, right in results[-1].right.items() if not right]
        if wrong or results[-1].wrong_number_accepted:
            words = f"{picture.path.name} {picture.condition} {picture.side}: {', '.join(wrong)}"
            typer.echo(f"{words} {results[-1].refused}".rstrip(), err=True)
    report = summary(results)
    typer.echo(json.dumps(report) if as_json else _table(report))


def _pictures(folder: Path) -> list[Labelled]:
    """The set, every picture of it there. Raises ListUnusable."""
    truth = folder / TRUTH
    if not truth.is_file():
        raise ListUnusable(f"{truth} does not exist; {_WANTED}")
    try:
        pictures = read_set(folder)
    except (SetUnreadable, AttributeError) as error:
        cause = error.__cause__ or error
        lack = f": {cause.args[0]!r} is missing" if isinstance(cause, KeyError) else ""
        raise ListUnusable(f"{truth} is malformed{lack}; {_WANTED}") from error
    if not pictures:
        raise ListUnusable(f"{truth} lists no picture; {_WANTED}")
    for picture in pictures:
        if not picture.path.is_file():
            raise ListUnusable(f"{truth} lists {picture.path.name}, which is not in {folder}")
    return pictures


def _table(report: dict[str, Any]) -> str:
    lines = [_row("front", FRONT_FIELDS)]
    lines += [
        _row(name, _percents(row, FRONT_FIELDS)) for name, row in report["conditions"].items()
    ]
    lines.append(_row("all", _percents(report["fronts"], FRONT_FIELDS)))
    lines.append(_row("back", BACK_FIELDS))
    lines += [_row(name, _percents(row, BACK_FIELDS)) for name, row in report["backs"].items()]
    taken, wrong = report["numbers_accepted"], report["wrong_numbers_accepted"]
    lines.append(f"numbers accepted {taken}, of them wrong {wrong}")
    false = report["false_warnings"]
    lines.append(f"false warnings {100 * false['share']:.1f} % of {false['images']}")
    cpu = f"of CPU {report['cpu_p50_ms']} and {report['cpu_p95_ms']} ms"
    lines.append(f"p50 {report['p50_ms']} ms, p95 {report['p95_ms']} ms; {cpu}")
    return "\n".join(lines)


def _percents(row: dict[str, Any], names: Sequence[str]) -> list[str]:
    return [f"{100 * row[name]:.1f} %" for name in names] + [
        f"n={row['images']} refused={row['refused']} {row['warned'] or ''}"
    ]


def _row(head: str, cells: Sequence[str]) -> str:
    return f"{head:<12}" + "".join(f"{cell:<11}" for cell in cells)


def make_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put the set.")],
    count: Annotated[int, typer.Option("-n", min=1, help="How many fronts.")] = 28,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same set.")] = 1,
    font: Annotated[
        list[Path] | None, typer.Option(help="A font with Chinese; more than one take turns.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over the set in DIR.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Draw a labelled set of specimen cards in every condition."""
    if (folder / TRUTH).exists() and not force:
        text = f"{folder} holds a set already; name another folder, or write over it with --force"
        raise refuse(ListUnusable(text))
    faces = [Typeface(str(path)) for path in font or []] or [NOTO]
    made = make_set(folder, count, seed, faces)
    typer.echo(json.dumps({"images": made}) if as_json else f"{made} pictures in {folder}")
