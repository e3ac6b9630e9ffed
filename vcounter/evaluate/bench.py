"""`vcounter bench ...`: how long the parts take: identity, orders, and what calls notice."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import cv2
import numpy as np
import typer

from vcounter.adapters.identity import engines, faces, models
from vcounter.adapters.identity.pictures import encode_jpeg, open_upload
from vcounter.evaluate import beside_calls, order_bench
from vcounter.evaluate.cards import card_seconds
from vcounter.evaluate.statistics import percentile
from vcounter.services.ports import FaceMeasure
from vcounter.specimen.head import HeadModel
from vcounter.specimen.people import portraits

FRAMES = 5
app = typer.Typer(no_args_is_help=True, help="How fast the parts are on this machine.")


@app.command("identity")
def identity(
    runs: Annotated[int, typer.Option("-n", min=1, help="How many of each.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Time a face decision (five frames and a reference) and the reading of a card.

    The frames are those of a challenge, measured when they came (`face`, `face_fast`); `face_cold`
    is a comparison of frames that nothing is known of, as after a restart.

    One after the other in one process: what one worker does for one visit. CPU time apart, since
    other work on the machine stretches the clock's.
    """
    models.load_all()
    live, reference = pictures()
    measured = [faces.measure_still(picture) for picture in live]
    result: dict[str, Any] = {"runs": runs, "frames": FRAMES}
    result |= _timed("face", runs, lambda: faces.compare(live, reference, measured=measured))
    result |= _timed("face_fast", runs, lambda: fast(measured, reference))
    result |= _timed("face_cold", runs, lambda: faces.compare(live, reference))
    cards = [1000 * seconds for seconds in card_seconds(runs)]
    result |= {f"card_p{p}_ms": _at(cards, p / 100) for p in (50, 95)}
    if as_json:
        typer.echo(json.dumps(result))
        return
    titles = {"face": "both engines", "face_fast": "fast engine", "face_cold": "both, unmeasured"}
    for name, title in titles.items():
        typer.echo(
            f"face, {FRAMES} frames, {title:<16} p50 {result[f'{name}_p50_ms']} ms, "
            f"p95 {result[f'{name}_p95_ms']} ms (CPU p95 {result[f'{name}_cpu_p95_ms']} ms)"
        )
    typer.echo(
        f"card, front              p50 {result['card_p50_ms']} ms, p95 {result['card_p95_ms']} ms"
    )


@app.command("beside-calls")
def beside(
    checks: Annotated[int, typer.Option("-n", min=1, help="How many checks at once.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Time what the bridge adds to a packet's way, idle and while identity checks are under way."""
    found = asyncio.run(beside_calls.measure(checks=checks))
    if as_json:
        typer.echo(json.dumps(found.as_json()))
        return
    typer.echo(f"checks answered            {found.checks_done} of {found.checks}")
    typer.echo(f"bridge adds, idle          p50 {found.added_idle_p50:.2f} ms")
    typer.echo(
        f"bridge adds, beside checks p50 {found.added_busy_p50:.2f} ms, "
        f"p95 {found.added_busy_p95:.2f} ms, {found.busy_bridge.lost} packets lost"
    )


@app.command("orders")
def orders(
    seconds: Annotated[float, typer.Option("-s", min=1, help="How long.")] = 20,
    rate: Annotated[float, typer.Option(min=0, help="Orders a second; 0: as fast as it goes.")] = 0,
    lines: Annotated[int, typer.Option(min=1, help="Customers who order at once.")] = 16,
    processes: Annotated[int, typer.Option(min=1, help="Processes of the counter.")] = 1,
    database: Annotated[
        str, typer.Option(help="URL of an empty database; empty: an SQLite file of its own.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Carry whole orders out, from the form to the receipt, and time the commit.

    The commit lasts from the customer's yes to the settled order. The operator's system is the
    embedded one and its CPU time is in the figure; PostgreSQL's own is not.
    """
    found = order_bench.measure(
        database=database, seconds=seconds, rate=rate, lines=lines, processes=processes
    )
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(f"orders      {found['orders_per_s']} a second, {found['failed']} failed")
    typer.echo(f"commit      {_spread(found['commit_ms'])}")
    typer.echo(f"whole order {_spread(found['whole_ms'])}")
    typer.echo(f"CPU         {found['cpu_ms_per_order']} ms an order, on {found['database']}")


def _spread(times: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {value} ms" for name, value in times.items())


def pictures() -> tuple[list[bytes], bytes]:
    """Five live frames of a specimen head at VGA and another photograph of the same person."""
    who = portraits()["obama"]
    picture = cv2.imdecode(np.frombuffer(who.live, np.uint8), cv2.IMREAD_COLOR)
    head = HeadModel(np.asarray(picture, np.uint8))
    return [encode_jpeg(head.render(yaw)) for yaw in (-4.0, -2.0, 0.0, 2.0, 4.0)], who.enrolment


def fast(measured: list[FaceMeasure], reference: bytes) -> list[float]:
    """The fast engine alone: describe the reference, and compare five measured frames with it."""
    portrait = open_upload(reference)
    template = engines.FIRST.template(portrait, models.detect(portrait)[0])
    if template is None:
        raise RuntimeError("the reference shows no face")
    features = (np.frombuffer(measure.feature, "<f4") for measure in measured)
    return [engines.FIRST.score(feature, template) for feature in features]


def _timed(name: str, runs: int, work: Callable[[], object]) -> dict[str, float | None]:
    work()
    wall, cpu = [], []
    for _ in range(runs):
        begun, used = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - begun))
        cpu.append(1000 * (time.process_time() - used))
    return {
        f"{name}_p50_ms": _at(wall, 0.5),
        f"{name}_p95_ms": _at(wall, 0.95),
        f"{name}_cpu_p95_ms": _at(cpu, 0.95),
    }


def _at(values: list[float], share: float) -> float | None:
    value = percentile(values, share)
    return None if value is None else round(value, 1)
