"""The 31 actions by id: the catalogue as it was agreed, and those that are built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pkgutil import iter_modules
from typing import Any

from pydantic import BaseModel, ValidationError

from vcounter import actions
from vcounter.actions.base import Action
from vcounter.domain.errors import InvalidInput, NotFound


def _built() -> dict[str, Action]:
    """One file for each action, named like it; what holds no ACTION is shared by them."""
    found = {}
    for module in iter_modules(actions.__path__):
        action_ = getattr(import_module(f"{actions.__name__}.{module.name}"), "ACTION", None)
        if isinstance(action_, Action):
            if action_.id != module.name:
                raise ValueError(f"{module.name}.py holds the action {action_.id}")
            found[action_.id] = action_
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue. `id` is stable for ever; `reversible` is text for people."""

    no: int
    id: str
    zh: str
    en: str
    inputs: str
    assurance: str
    precondition: str
    effect: str
    reversible: str
    tmf: str
    basis: str
    reference: str = ""

    @property
    def implemented(self) -> bool:
        return self.id in implemented()


@cache
def implemented() -> Mapping[str, Action]:
    """The actions that are built, by id."""
    return _built()


@cache
def catalogue() -> tuple[Entry, ...]:
    """All 31, in the order of their numbers."""
    text = resources.files("vcounter.actions").joinpath("catalogue.json").read_text("utf-8")
    return tuple(Entry(**row) for row in json.loads(text))


def entry(action_id: str) -> Entry:
    """Raises NotFound for an id that is not in the catalogue."""
    found = next((e for e in catalogue() if e.id == action_id), None)
    if found is None:
        raise NotFound("no such action", action_id=action_id)
    return found


def action(action_id: str) -> Action:
    """Raises NotFound for an id that is unknown or not built."""
    found = implemented().get(action_id)
    if found is None:
        raise NotFound("action is not available", action_id=action_id)
    return found


def listing() -> list[dict[str, object]]:
    """The catalogue for `vcounter actions`."""
    return [
        {
            "no": e.no,
            "id": e.id,
            "zh": e.zh,
            "en": e.en,
            "assurance": e.assurance,
            "reversible": e.reversible,
            "implemented": e.implemented,
        }
        for e in catalogue()
    ]


def forms() -> list[dict[str, object]]:
    """The catalogue with the JSON Schema of each built action's form, for the console."""
    return [_form(e) for e in catalogue()]


def _form(entry_: Entry) -> dict[str, object]:
    built = implemented().get(entry_.id)
    return {
        "id": entry_.id,
        "no": entry_.no,
        "zh": entry_.zh,
        "en": entry_.en,
        "assurance": built.level.value if built else entry_.assurance,
        "implemented": built is not None,
        "reference_independent": built.needs_independent_reference if built else False,
        "reversible": not entry_.reversible.startswith(("no", "n/a")),
        "undo_id": built.undo_id if built else None,
        "requires_recording": built.requires_recording if built else True,
        "second_person": built.second_person if built else False,
        "second_party": built.second_party if built else False,
        "signs": built.signs if built else False,
        "schema": form_schema(built.inputs) if built else {},
    }


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema with optional fields flattened: `X or null` becomes plain `X`."""
    schema = model.model_json_schema()
    schema.pop("description", None)
    for name, prop in schema.get("properties", {}).items():
        for variant in prop.pop("anyOf", ()):
            if variant.get("type") != "null":
                prop.update(variant)
        if prop.get("default", "") is None:
            del prop["default"]
        prop["title"] = prop.get("x-zh", name)
    schema.setdefault("properties", {})
    schema.setdefault("required", [])
    return schema


# pydantic's error types -> our i18n suffixes; what is not listed is `format`.
_REASONS = {
    "missing": "missing",
    "extra_forbidden": "unexpected",
    "literal_error": "choice",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "date_from_datetime_parsing": "date",
    "date_parsing": "date",
    "datetime_from_date_parsing": "date",
    "datetime_parsing": "date",
    "int_parsing": "number",
    "int_type": "number",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "month": "month",
    "phone": "msisdn",
    "iccid": "iccid",
    "bank_card": "bank_card",
    "other_device": "choice",
    "account": "account",
}


def parse_inputs(action_: Action, raw: Mapping[str, object]) -> dict[str, str]:
    """Validate and normalise a form; empty optional fields are left out.

    The same inputs always give the same text, whatever their order or spelling of blanks.
    Raises InvalidInput with `field` and `reason` of the first bad field.
    """
    given = {k: v for k, v in raw.items() if v is not None and v != ""}
    try:
        model = action_.inputs.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise InvalidInput(
            "form refused", field=name, reason=_REASONS.get(first["type"], "format")
        ) from None
    dumped = model.model_dump(mode="json")
    return {k: str(v) for k, v in dumped.items() if v is not None and v != ""}
