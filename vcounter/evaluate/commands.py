"""`vcounter evaluate ...`: one sub-command per part of the laboratory."""

from __future__ import annotations

import typer

from vcounter.evaluate import cards, faces, liveness

app = typer.Typer(no_args_is_help=True, help="Error rates of the identity laboratory on a set.")
app.command("cards")(cards.command)
app.command("make-cards")(cards.make_command)
app.command("faces")(faces.command)
app.command("liveness")(liveness.command)
app.command("make-liveness")(liveness.make_command)
