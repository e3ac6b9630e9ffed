"""`vcounter export`: evidence packs, and checking them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast

import typer

from vcounter.cli_words import words
from vcounter.domain.errors import CounterError
from vcounter.observability import logs
from vcounter.settings import Settings

app = typer.Typer(no_args_is_help=True, help="One visit's evidence as a signed file.")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]

_KEY = re.compile("[0-9a-fA-F]{64}")


@app.command("visit")
def export_visit(
    visit_id: Annotated[str, typer.Argument(help="The visit's id, vis_...")],
    out: Annotated[Path, typer.Option(help="New file to write; it holds personal data.")],
    reason: Annotated[str, typer.Option(help="Why: kept in the pack and with the visit.")],
    as_json: AsJson = False,
) -> None:
    """Write one visit's evidence pack. Audited."""
    from vcounter.evidence_file import OutUnusable, write_pack

    logs.configure("warning", "console")
    try:
        result = asyncio.run(write_pack(Settings(), visit_id, out, reason))
    except OutUnusable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except CounterError as error:
        typer.echo(words(error), err=True)
        raise typer.Exit(1) from None
    text = json.dumps(result, ensure_ascii=False) if as_json else f"{out}: {result['sha256']}"
    typer.echo(text)


@app.command("verify")
def export_verify(
    file: Annotated[Path, typer.Argument(help="An evidence pack.", exists=True, dir_okay=False)],
    public_key: Annotated[
        str, typer.Option(help="Signing key in hex, for another installation's pack.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check a pack: every member unchanged, the manifest signed by this installation's key."""
    from vcounter.evidence_file import own_public_key, verify_pack

    logs.configure("warning", "console")
    if public_key and not _KEY.fullmatch(public_key):
        text = "--public-key is malformed: 64 hex digits, as `vcounter export key` prints them"
        typer.echo(text, err=True)
        raise typer.Exit(2)
    result = verify_pack(file, public_key or own_public_key(Settings()))
    if not as_json:
        typer.echo(f"{file}: {'sound' if result['ok'] else f'NOT sound: {_fault(result)}'}")
    else:
        typer.echo(json.dumps(result, ensure_ascii=False))
    if not result["ok"]:
        raise typer.Exit(1)


def _fault(result: Mapping[str, object]) -> str:
    bad = cast("list[str]", result["bad"])
    if bad == ["BadZipFile"]:
        return "it is no zip file, so no evidence pack"
    if bad and not result["visit"]:
        return f"it is no evidence pack, or its manifest is damaged ({bad[0]})"
    if bad:
        return f"changed, missing or added: {', '.join(bad)}"
    return "the manifest is not signed by this key"


@app.command("key")
def export_key(as_json: AsJson = False) -> None:
    """Print the public half of the key that signs packs and audit heads, to be kept elsewhere."""
    from vcounter.evidence_file import own_public_key

    key = own_public_key(Settings())
    typer.echo(json.dumps({"public_key": key}) if as_json else key)
