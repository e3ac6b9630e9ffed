"""`vcounter evaluate cards`: how well cards are inspected and read, on a labelled set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Pictures and truth.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last.")] = False,
) -> None:
    """Inspect and read every card of DIR, and say how often each field was right."""
    raise typer.BadParameter(f"{folder}: not measured yet")
