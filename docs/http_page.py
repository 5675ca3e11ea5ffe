"""Makes `docs/http.md` from the server's own OpenAPI description."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from convonet.server.app import create_app
from convonet.server.settings import Settings

INTRO = """# HTTP API

`convonet serve --root DIR` accepts these requests at `http://127.0.0.1:8765`. Paths in requests are relative
to the root. [The server](server.md) explains tokens, limits, events and recipes, with a complete example.
`/openapi.json` describes the same interface for client generators.

Requests that are rejected return a problem document (`application/problem+json`) with `status`, `title`,
`detail`, and `error`, which contains `what`, `where`, `expected`, `received` and `hint`.
"""
_HEADINGS = {
    "health": "Server",
    "ready": "Server",
    "login": "Server",
    "logout": "Server",
    "metrics": "Server",
    "about": "Server",
    "doctor": "Server",
    "folders": "Images",
    "datasets": "Images",
    "images": "Images",
    "uploads": "Images",
    "imports": "Images",
    "samples": "Images",
    "sort": "Sort",
    "params": "Parameters",
    "families": "Parameters",
    "presets": "Parameters",
    "shown-as": "Parameters",
    "runs": "Runs",
    "compare": "Runs",
    "models": "Models and kernels",
    "kernels": "Models and kernels",
}


def http_page() -> str:
    """Every request by subject, with its parameters, body and answer."""
    with tempfile.TemporaryDirectory() as root:
        document = create_app(Settings(root=Path(root))).openapi()
    sections: dict[str, list[str]] = {name: [] for name in dict.fromkeys(_HEADINGS.values())}
    for path, operations in document["paths"].items():
        subject = path.removeprefix("/api/v1/").split("/")[0]
        for method, operation in operations.items():
            # A route of a new subject gets a section of its own rather than none.
            heading = _HEADINGS.get(subject, subject.capitalize())
            sections.setdefault(heading, []).append(_operation(method.upper(), path, operation))
    parts = [INTRO]
    for heading, entries in sections.items():
        parts += [f"## {heading}\n", *entries]
    parts += [
        "## Documents\n",
        "A document does not always contain every field; `null` means that a value is unknown or does not apply.\n",
    ]
    parts += [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n".join(parts)


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [
        f"### `{method} {path}`\n",
        f"{(operation.get('description') or operation['summary']).strip()}\n",
    ]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            about = parameter.get("description") or ""
            schema = parameter.get("schema", {})
            lines.append(f"- `{parameter['name']}` ({_type(schema)}) {about}".rstrip())
    if body := operation.get("requestBody"):
        kind, content = next(iter(body["content"].items()))
        lines.append(f"- Body: {_type(content.get('schema', {}))}, `{kind}`")
    for status, answer in operation["responses"].items():
        if status.isdigit():
            content = next(iter(answer.get("content", {}).items()), None)
            told = f", {_type(content[1].get('schema', {}))}, `{content[0]}`" if content else ""
            lines.append(f"- Response: {status}{told}")
    return "\n".join(lines) + "\n"


def _schema(name: str, schema: dict[str, Any]) -> str:
    lines = [f"### {name}\n"]
    fields = schema.get("properties", {})
    about, told = _told(schema.get("description", ""), list(fields))
    if about:
        lines.append(f"{about}\n")
    if "enum" in schema:
        lines.append(f"One of {_type(schema)}.\n")
    if "prefixItems" in schema:
        parts = " and ".join(f"`{item['title'].lower()}`" for item in schema["prefixItems"])
        lines.append(f"A list of two values: {parts}.\n")
    rows = [
        f"| `{field}` | {_type(value)} | {_cell(value.get('description') or told.get(field, ''))} |"
        for field, value in fields.items()
    ]
    if rows:
        lines.append("| field | type | description |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(lines)


def _told(description: str, fields: list[str]) -> tuple[str, dict[str, str]]:
    """What a docstring says of a document, and of each field below its `Attributes:`, as JSON names the values."""
    about, _, attributes = re.sub(r"\bNone\b", "`null`", description).partition("Attributes:\n")
    told: dict[str, str] = {}
    for entry in re.split(r"\n(?= {4}\w)", attributes.rstrip()):
        names, _, text = entry.strip().partition(": ")
        for name in names.split(", ") if text else ():
            # The name in Python may say more than the key: `changed_images` is `changed`.
            key = name if name in fields else next(field for field in fields if name.startswith(field))
            told[key] = text
    return about.strip(), told


def _type(schema: dict[str, Any]) -> str:
    """A JSON schema in a few words; named documents link to their section."""
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if choices := schema.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array" and "prefixItems" in schema:
        kinds = [_type(item) for item in schema["prefixItems"]]
        return f"list of {len(kinds)} {kinds[0]}s" if len(set(kinds)) == 1 else f"list of {', '.join(kinds)}"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
