"""Reading the labelled lists that the evaluations take, with errors that say what to do."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import typer


class ListUnusable(ValueError):
    """The text says what is wrong with the list and what to do."""


def read_list(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file in UTF-8 with a header. Raises ListUnusable."""
    wanted = ",".join(columns)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise ListUnusable(
                    f"{path}: no column {missing[0]!r}; the first line must be {wanted}"
                )
            rows = [{c: (row[c] or "").strip() for c in columns} for row in reader]
    except FileNotFoundError as error:
        raise ListUnusable(f"{path} does not exist; give a CSV file with {wanted}") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ListUnusable(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    if not rows:
        raise ListUnusable(f"{path} has no row below its header")
    for number, row in enumerate(rows, start=2):
        empty = [c for c in columns if not row[c]]
        if empty:
            raise ListUnusable(f"{path}, line {number}: {empty[0]} is empty")
    return rows


def find_folder(listed: Path, images: Path | None, first: str) -> Path:
    """Where the files are: the folder given, else the list's own, or the folder `img` in it.

    Raises ListUnusable when the first file is in none of them.
    """
    given = images or listed.parent
    folders = [given, given / "img"]
    for folder in folders:
        if (folder / first).is_file():
            return folder
    raise ListUnusable(f"{first} is not in {folders[0]}; name the folder with --images")


def refuse(error: ListUnusable) -> typer.Exit:
    """Print what to do on stderr; raise the result."""
    typer.echo(str(error), err=True)
    return typer.Exit(2)
