"""Sans-I/O: the field rules from which decoding, JSON Schema and TypeScript types are derived.

A message is a frozen dataclass whose fields each carry one rule. A rule checks a parsed JSON value
and describes itself as JSON Schema (2020-12), so that wire, documentation and types cannot drift.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

MAX_DEPTH: Final = 12  # nesting of an opaque body, its own object included
MAX_SAFE_INT: Final = 2**53 - 1  # the largest integer a JavaScript number keeps exactly
_KEY: Final = "signaling.rule"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ProtocolError(Exception):
    """A frame that breaks the protocol. `code` is stable; `field` names the culprit or is empty.

    Codes: not_text, too_large, not_json, not_object, too_deep, unknown_type, missing_field,
    unknown_field, bad_field, and from the session: hello_first, hello_twice, not_welcome.
    """

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field


class Rule(Protocol):
    """What one JSON value may be."""

    def check(self, value: object, name: str) -> Any:
        """Return the checked value; raises ProtocolError bad_field or too_deep naming `name`."""
        ...

    def schema(self) -> dict[str, object]:
        """JSON Schema of exactly the values that `check` accepts."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Text:
    """A string of `low` to `high` characters, matching `pattern` if given; no lone surrogates."""

    high: int
    low: int = 1
    pattern: str = ""

    def check(self, value: object, name: str) -> str:
        if type(value) is not str or not self.low <= len(value) <= self.high:
            raise ProtocolError("bad_field", name)
        if _SURROGATE.search(value) or (self.pattern and not re.fullmatch(self.pattern, value)):
            raise ProtocolError("bad_field", name)
        return value

    def schema(self) -> dict[str, object]:
        found: dict[str, object] = {"type": "string", "maxLength": self.high}
        if self.low:
            found["minLength"] = self.low
        if self.pattern:
            found["pattern"] = f"^(?:{self.pattern})$"
        return found


@dataclasses.dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: object, name: str) -> str:
        if type(value) is not str or value not in self.words:
            raise ProtocolError("bad_field", name)
        return value

    def schema(self) -> dict[str, object]:
        return {"enum": list(self.words)}


@dataclasses.dataclass(frozen=True, slots=True)
class Int:
    """An integer from `low` to `high`; booleans and floats are not integers."""

    low: int = 0
    high: int = MAX_SAFE_INT

    def check(self, value: object, name: str) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise ProtocolError("bad_field", name)
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclasses.dataclass(frozen=True, slots=True)
class Bool:
    """true or false, never 0 or 1."""

    def check(self, value: object, name: str) -> bool:
        if type(value) is not bool:
            raise ProtocolError("bad_field", name)
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}


@dataclasses.dataclass(frozen=True, slots=True)
class Opaque:
    """A JSON object that signaling carries unread: finite numbers, whole text, bounded depth."""

    def check(self, value: object, name: str) -> Mapping[str, object]:
        if type(value) is not dict:
            raise ProtocolError("bad_field", name)
        todo: list[tuple[object, int]] = [(value, 1)]
        while todo:
            item, depth = todo.pop()
            if depth > MAX_DEPTH:
                raise ProtocolError("too_deep", name)
            match item:
                case dict():
                    todo.extend((part, depth + 1) for part in item.values())
                    todo.extend((key, depth) for key in item)
                case list():
                    todo.extend((part, depth + 1) for part in item)
                case str() if _SURROGATE.search(item):
                    raise ProtocolError("bad_field", name)
                case float() if not math.isfinite(item):
                    raise ProtocolError("bad_field", name)
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "object"}


@dataclasses.dataclass(frozen=True, slots=True)
class Nested:
    """An object with the fields of the dataclass `kind`."""

    kind: type

    def check(self, value: object, name: str) -> Any:
        if type(value) is not dict:
            raise ProtocolError("bad_field", name)
        return build(self.kind, value, name + ".")

    def schema(self) -> dict[str, object]:
        return object_schema(self.kind)


@dataclasses.dataclass(frozen=True, slots=True)
class Many:
    """At most `high` values of one rule."""

    item: Rule
    high: int

    def check(self, value: object, name: str) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > self.high:
            raise ProtocolError("bad_field", name)
        return tuple(self.item.check(part, name) for part in value)

    def schema(self) -> dict[str, object]:
        return {"type": "array", "items": self.item.schema(), "maxItems": self.high}


@dataclasses.dataclass(frozen=True, slots=True)
class OrNull:
    """Another rule, or null."""

    rule: Rule

    def check(self, value: object, name: str) -> Any:
        return None if value is None else self.rule.check(value, name)

    def schema(self) -> dict[str, object]:
        return {"anyOf": [self.rule.schema(), {"type": "null"}]}


def need(rule: Rule) -> Any:
    """Declare a field that must be there."""
    return dataclasses.field(metadata={_KEY: rule})


def may(rule: Rule) -> Any:
    """Declare a field that may be left out; it is None then, and None is never written."""
    return dataclasses.field(default=None, metadata={_KEY: rule})


def build(kind: type, raw: Mapping[str, object], prefix: str = "") -> Any:
    """Make one dataclass of parsed JSON; ProtocolError for anything but exactly its fields."""
    fields = {f.name: f for f in dataclasses.fields(kind)}
    for name in raw:
        if name not in fields:
            raise ProtocolError("unknown_field", prefix + name[:64])
    values: dict[str, object] = {}
    for name, f in fields.items():
        if name in raw:
            values[name] = f.metadata[_KEY].check(raw[name], prefix + name)
        elif f.default is dataclasses.MISSING:
            raise ProtocolError("missing_field", prefix + name)
    return kind(**values)


def plain(message: object) -> dict[str, object]:
    """Turn a message into JSON-ready values, leaving out the optional fields that are None."""
    written: dict[str, object] = {}
    for f in dataclasses.fields(message):  # type: ignore[arg-type]  # every message is a dataclass
        value = getattr(message, f.name)
        if value is None and f.default is None:
            continue
        written[f.name] = _plain_value(value)
    return written


def _plain_value(value: object) -> object:
    if isinstance(value, tuple | list):
        return [_plain_value(part) for part in value]
    if dataclasses.is_dataclass(value):
        return plain(value)
    return value


def object_schema(kind: type, tag: str = "") -> dict[str, object]:
    """JSON Schema of one dataclass; with `tag`, of the message whose `t` is that word."""
    fields = dataclasses.fields(kind)
    properties: dict[str, object] = {"t": {"const": tag}} if tag else {}
    properties |= {f.name: f.metadata[_KEY].schema() for f in fields}
    required = (["t"] if tag else []) + [f.name for f in fields if f.default is dataclasses.MISSING]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n", 1)[0],
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
