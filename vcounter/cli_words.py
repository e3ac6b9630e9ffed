"""A known error as one line of words, for the command line."""

from __future__ import annotations

from vcounter.domain.errors import CounterError


def words(error: CounterError) -> str:
    """`invalid_input: the file exists (out: exists)`."""
    fields = dict(error.fields)
    where = str(fields.pop("field", ""))
    why = str(fields.pop("reason", ""))
    notes = [": ".join(part for part in (where, why) if part)] if where or why else []
    notes += [f"{name} {value}" for name, value in fields.items()]
    said = f"{error.code}: {error}"
    return f"{said} ({', '.join(notes)})" if notes else said
