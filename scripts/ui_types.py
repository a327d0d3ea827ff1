"""Make the types of the web interface anew from what the hub says of itself: `python scripts/ui_types.py`; `--check` only tells.

`ui/src/api/schema.ts`: each shape of the HTTP interface, and each operation with its arguments and result, named as
"GET /api/tasks". `ui/src/api/events.ts`: everything the live stream can tell. `ui/src/api/roles.ts`: what each role is granted, and what
each permission opens. No Node is needed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from coderclawlink import events
from coderclawlink.access.policy import GRANTS, Permission
from coderclawlink.web import api

FOLDER = Path(__file__).parents[1] / "ui" / "src" / "api"
HEAD = "// Made by scripts/ui_types.py; do not edit.\n\n"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
METHODS = ("get", "post", "put", "patch", "delete")
Node = Mapping[str, object]


class Whole(GenerateJsonSchema):
    """An event is always told with all its fields, those with a default too."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return True


def part(node: Node, name: str) -> Node:
    return cast(Node, node.get(name, {}))


def each(node: Node, name: str) -> Sequence[Node]:
    return cast(Sequence[Node], node.get(name, ()))


def identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_$][\w$]*", name) else json.dumps(name)


def type_of(node: Node) -> str:
    """A JSON schema as a TypeScript type."""
    if "$ref" in node:
        return identifier(str(node["$ref"]).rsplit("/", 1)[1])
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return " | ".join(json.dumps(value) for value in cast(Sequence[object], node["enum"]))
    for name, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if name in node:
            return "(" + sign.join(dict.fromkeys(type_of(one) for one in each(node, name))) + ")"
    kind = node.get("type")
    if kind == "array":
        if "prefixItems" in node:
            return "[" + ", ".join(type_of(one) for one in each(node, "prefixItems")) + "]"
        return f"Array<{type_of(part(node, 'items'))}>"
    if kind == "object":
        if "properties" in node:
            return members(node)
        values = node.get("additionalProperties")
        return f"Record<string, {type_of(cast(Node, values)) if isinstance(values, dict) else 'unknown'}>"
    if kind == "string" and (node.get("format") == "binary" or "contentMediaType" in node):
        return "Blob"
    return PLAIN.get(str(kind), "unknown")


def members(node: Node) -> str:
    required = cast(Sequence[str], node.get("required", ()))
    lines = [
        f"  {key(name)}{'' if name in required else '?'}: {type_of(cast(Node, value))}"
        for name, value in part(node, "properties").items()
    ]
    return "{\n" + "\n".join(lines) + "\n}"


def named(shapes: Node) -> list[str]:
    """Each shape as an exported type, its description as a comment."""
    found = []
    for name, shape in shapes.items():
        node = cast(Node, shape)
        told = " ".join(str(node.get("description", "")).replace("*/", "").split())
        comment = f"/** {told} */\n" if told else ""
        found.append(f"{comment}export type {identifier(name)} = {type_of(node)}")
    return found


def operation(path: str, method: str, told: Node) -> str:
    takes = []
    for place in ("path", "query"):
        wanted = [  # a browser's session is in its cookie, not in the query
            one
            for one in each(told, "parameters")
            if one["in"] == place and not (place == "query" and one["name"] == "session_id")
        ]
        if wanted:
            fields = "; ".join(
                f"{key(str(one['name']))}{'' if one.get('required') else '?'}: {type_of(part(one, 'schema'))}"
                for one in wanted
            )
            takes.append(f"{place}{'' if any(one.get('required') for one in wanted) else '?'}: {{ {fields} }}")
    if "requestBody" in told:
        body = part(told, "requestBody")
        kind, content = next(iter(part(body, "content").items()))
        shape = "FormData" if "multipart" in kind else type_of(part(cast(Node, content), "schema"))
        if not kind.startswith(("application/json", "multipart")):
            shape = "Blob"
        takes.append(f"body{'' if body.get('required') else '?'}: {shape}")
    answers = part(told, "responses")
    contents = part(part(answers, next(code for code in answers if code.startswith("2"))), "content")
    result = "string" if contents else "void"
    if "application/json" in contents:
        result = type_of(part(part(contents, "application/json"), "schema"))
    return f"  '{method.upper()} {path}': {{ args: {{ {'; '.join(takes)} }}; result: {result} }}"


def answers_itself(told: Node) -> bool:
    """One that only leads elsewhere is a link for a browser to follow, not for the page to call."""
    return any(code.startswith("2") for code in part(told, "responses"))


def schema_text() -> str:
    told = api.describe()
    paths = part(told, "paths")
    operations = [
        operation(path, method, part(cast(Node, item), method))
        for path, item in paths.items()
        for method in METHODS
        if method in cast(Node, item) and answers_itself(part(cast(Node, item), method))
    ]
    shapes = named(part(part(told, "components"), "schemas"))
    return HEAD + "\n\n".join(shapes) + "\n\nexport interface Operations {\n" + "\n".join(operations) + "\n}\n"


def events_text() -> str:
    told = events.any_event.json_schema(schema_generator=Whole, mode="serialization")
    kinds = [identifier(str(one["$ref"]).rsplit("/", 1)[1]) for one in each(told, "oneOf")]
    union = "export type AnyEvent =\n" + "\n".join(f"  | {kind}" for kind in kinds)
    return HEAD + "\n\n".join([*named(part(told, "$defs")), union]) + "\n"


def roles_text() -> str:
    """Permissions and roles in their order; of each permission the operations that need it."""
    paths = part(api.describe(), "paths")
    opens: dict[str, list[str]] = {permission: [] for permission in Permission}
    for path, item in paths.items():
        for method in METHODS:
            needed = part(cast(Node, item), method).get("x-permission")
            if needed in opens:
                opens[str(needed)].append(f"{method.upper()} {path}")
    granted = {str(role): [str(one) for one in Permission if one in GRANTS[role]] for role in GRANTS}
    return (
        HEAD
        + "import type { Permission, Role } from './schema'\n\n"
        + f"export const GRANTS: Record<Role, readonly Permission[]> = {json.dumps(granted, indent=2)}\n\n"
        + f"export const OPENS: Record<Permission, readonly string[]> = {json.dumps(opens, indent=2)}\n"
    )


FILES = {"schema.ts": schema_text, "events.ts": events_text, "roles.ts": roles_text}


def main() -> int:
    texts = {FOLDER / name: text() for name, text in FILES.items()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        if stale:
            sys.stderr.write(f"Out of date: {', '.join(path.name for path in stale)}. Run `make types`.\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(texts[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
