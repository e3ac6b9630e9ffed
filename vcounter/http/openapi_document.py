"""The OpenAPI 3.1 document, generated from the same declarations as the routes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter

from vcounter.domain.errors import CounterError, Forbidden, InvalidInput, NotSignedIn, TooMany
from vcounter.http import problems
from vcounter.http.openapi import CSRF_HEADER, CSRF_VALUE, Operation, Routes

Json = dict[str, Any]
_MODELS = "#/components/schemas/{model}"
_SECURITY: dict[str, list[Json]] = {
    "none": [],
    "customer": [{"visitCredential": []}],
    "staff": [{"staffCookie": []}],
}
_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "code", "fields"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; texts stand under problem.<code>."},
        "fields": {"type": "object"},
        "request_id": {"type": "string"},
    },
}


def document(
    groups: Iterable[Routes], *, version: str = "1", prefix: str = "/api/v1", demo: bool = False
) -> Json:
    """Describe every route that `openapi.build` would make from the same groups.

    Raises ValueError when two handlers share a name, since names are operationIds.
    """
    operations = [op for group in groups for op in group.operations if demo or not op.demo]
    names = [op.name for op in operations]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"operationId used twice: {sorted(twice)}")
    schemas, definitions = _schemas(operations)
    paths: dict[str, Json] = {}
    for op in operations:
        paths.setdefault(prefix + op.path, {})[op.method.lower()] = _operation(op, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Remote video counter", "version": version},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": _PROBLEM},
            "securitySchemes": {
                "visitCredential": {"type": "http", "scheme": "bearer"},
                "staffCookie": {"type": "apiKey", "in": "cookie", "name": "vc_staff"},
            },
        },
    }


def _schemas(operations: list[Operation]) -> tuple[dict[str, Json], Json]:
    """Schemas by use ("<operation> body" and so on), and the shared definitions they refer to."""
    inputs: list[tuple[str, Any, TypeAdapter[Any]]] = []
    for op in operations:
        for use, shape, mode in (
            ("body", op.body, "validation"),
            ("query", op.query, "validation"),
            ("returns", op.returns, "serialization"),
        ):
            if shape is not None:
                inputs.append((f"{op.name} {use}", mode, TypeAdapter(shape)))
    found, shared = TypeAdapter.json_schemas(inputs, ref_template=_MODELS)
    return {key: schema for (key, _), schema in found.items()}, shared.get("$defs", {})


def _operation(op: Operation, schemas: dict[str, Json]) -> Json:
    summary = (inspect.getdoc(op.handler) or op.name).splitlines()[0].rstrip(".")
    answer: Json = {
        "operationId": op.name,
        "tags": [op.tag],
        "summary": summary,
        "security": _SECURITY[op.auth],
        "parameters": _parameters(op, schemas),
        "responses": {str(op.status): _success(op, schemas), **_failures(op)},
    }
    if op.role:
        answer["x-roles"] = list(op.role)
    if op.takes_body:
        media_type = op.accepts or "application/json"
        schema = schemas.get(f"{op.name} body", {"type": "string", "format": "binary"})
        answer["requestBody"] = {
            "required": True,
            "content": {one: {"schema": schema} for one in media_type.split(", ")},
            "x-max-bytes": op.max_bytes,
        }
    return answer


def _parameters(op: Operation, schemas: dict[str, Json]) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in op.parameters
    ]
    if op.query is not None:
        for name, model_field in op.query.model_fields.items():
            found.append(
                {
                    "name": model_field.alias or name,
                    "in": "query",
                    "required": model_field.is_required(),
                    "schema": TypeAdapter(model_field.rebuild_annotation()).json_schema(
                        ref_template=_MODELS
                    ),
                }
            )
    if op.needs_csrf_header:
        schema: Json = {"type": "string", "const": CSRF_VALUE}
        found.append({"name": CSRF_HEADER, "in": "header", "required": True, "schema": schema})
    if op.idempotent:
        schema = {"type": "string", "maxLength": 200}
        found.append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}
        )
    return found


def _success(op: Operation, schemas: dict[str, Json]) -> Json:
    if op.status == 204:
        return {"description": "Done; no content."}
    schema = schemas.get(f"{op.name} returns", {"type": "string", "format": "binary"})
    return {"description": "Done.", "content": {op.produces: {"schema": schema}}}


def _failures(op: Operation) -> Json:
    kinds: list[type[CounterError]] = [*op.errors, TooMany]
    if op.takes_body or op.query is not None:
        kinds.append(InvalidInput)
    if op.auth != "none":
        kinds.append(NotSignedIn)
    if op.role or op.needs_csrf_header:
        kinds.append(Forbidden)
    by_status: dict[int, dict[str, str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, {})[kind.code] = problems.title_of(kind)
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {
            "description": "; ".join(f"{code}: {title}" for code, title in sorted(codes.items())),
            "content": content,
            "x-codes": sorted(codes),
        }
        for status, codes in sorted(by_status.items())
    }
