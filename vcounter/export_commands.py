"""`vcounter export`: evidence packs, and checking them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from vcounter.domain.errors import CounterError
from vcounter.observability import logs
from vcounter.settings import Settings

app = typer.Typer(no_args_is_help=True, help="One visit's evidence as a signed file.")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object last.")]


@app.command("visit")
def export_visit(
    visit_id: Annotated[str, typer.Argument(help="The visit's id, vis_...")],
    out: Annotated[Path, typer.Option(help="New file to write; it holds personal data.")],
    reason: Annotated[str, typer.Option(help="Why: kept in the pack and with the visit.")],
    as_json: AsJson = False,
) -> None:
    """Write one visit's evidence pack. Audited."""
    from vcounter.evidence_file import write_pack

    logs.configure("warning", "console")
    try:
        result = asyncio.run(write_pack(Settings(), visit_id, out, reason))
    except CounterError as error:
        typer.echo(f"{error.code}: {error} {error.fields or ''}".rstrip(), err=True)
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
    result = verify_pack(file, public_key or own_public_key(Settings()))
    if not as_json:
        word = "sound" if result["ok"] else f"NOT sound: {result['bad'] or 'signature'}"
        typer.echo(f"{file}: {word}")
    else:
        typer.echo(json.dumps(result, ensure_ascii=False))
    if not result["ok"]:
        raise typer.Exit(1)


@app.command("key")
def export_key(as_json: AsJson = False) -> None:
    """Print the public half of the key that signs packs and audit heads, to be kept elsewhere."""
    from vcounter.evidence_file import own_public_key

    key = own_public_key(Settings())
    typer.echo(json.dumps({"public_key": key}) if as_json else key)
