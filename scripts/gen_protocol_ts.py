"""Write web/shared/protocol.ts from signaling.protocol.

Usage: `python scripts/gen_protocol_ts.py [--check]`. With --check nothing is
written and the exit code is 1 when the checked-in file is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from signaling import protocol  # noqa: E402  # the repository's root must be on the path first

TARGET = ROOT / "web" / "shared" / "protocol.ts"


def ts_type(node: Mapping[str, Any]) -> str:
    """The TypeScript type of one JSON Schema node that signaling.fields can produce."""
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return " | ".join(json.dumps(word) for word in node["enum"])
    if "anyOf" in node:
        return " | ".join(ts_type(part) for part in node["anyOf"])
    match node["type"]:
        case "string" | "boolean" | "null":
            return str(node["type"])
        case "integer":
            return "number"
        case "array":
            return f"Array<{ts_type(node['items'])}>"
        case _ if "properties" in node:
            return "{ " + "; ".join(ts_fields(node)) + " }"
        case _:
            return "Record<string, unknown>"


def ts_fields(node: Mapping[str, Any]) -> list[str]:
    required = set(node["required"])
    return [
        f"{name}{'' if name in required else '?'}: {ts_type(part)}"
        for name, part in node["properties"].items()
    ]


def render() -> str:
    """The whole file."""
    document: dict[str, Any] = protocol.schema()
    definitions = document["$defs"]
    parts = [
        "// Generated from signaling/protocol.py by scripts/gen_protocol_ts.py. Do not edit.",
        f"export const VERSION = {document['x-version']}",
        f"export const HEARTBEAT_S = {document['x-limits']['heartbeat_s']:g}",
        f"export const MAX_SEND_BYTES = {document['x-limits']['max_send_bytes']}",
    ]
    # One constant a code: a bundler drops those that a page does not use.
    parts += [
        f"export const CLOSE_{name.upper()} = {code}"
        for name, code in document["x-close-codes"].items()
    ]
    # The suffix keeps Event and Error apart from the browser's own.
    for name, node in definitions.items():
        if "properties" in node:
            body = "\n".join(f"  {line}" for line in ts_fields(node))
            parts.append(
                f"\n/** {node['description']} */\nexport interface {name}Message {{\n{body}\n}}"
            )
    for name in ("ClientMessage", "ServerMessage"):
        words = [ref["$ref"].rsplit("/", 1)[1] + "Message" for ref in definitions[name]["oneOf"]]
        parts.append(f"\nexport type {name} = " + " | ".join(words))
    return "\n".join(parts) + "\n"


def main(argv: list[str]) -> int:
    text = render()
    if "--check" in argv:
        fresh = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        if not fresh:
            print(f"{TARGET.relative_to(ROOT)} is stale: run scripts/gen_protocol_ts.py")
        return 0 if fresh else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
