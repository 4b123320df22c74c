"""What a log line may look like, drawn from the events that become one: a JSON schema, and a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gmbot.telemetry.logs import APP, LIBRARY_LINE
from gmbot.telemetry.stories import NAMES

BEGIN, END = "<!-- events: begin -->", "<!-- events: end -->"
HEAD: Final = "| event | its own fields | what it says |\n|---|---|---|"

Schema = dict[str, Any]

SECONDS: Final[Schema] = {"type": "number", "minimum": 0}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
ID: Final[Schema] = {"type": "integer"}
TEXT: Final[Schema] = {"type": "string"}

EVERY_LINE: Final[Schema] = {
    "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
    "level": {"enum": ["debug", "info", "warning", "error", "critical"]},
    "event": {"type": "string", "pattern": "^[a-z][a-z_]*$"},
    "app": {"const": APP},
    "version": TEXT,
}
WHERE_KNOWN: Final[Schema] = {
    "bot_id": ID,
    "update_id": ID,
    "user_id": ID,
    "group_id": ID,
    "channel_id": ID,
    "intent": TEXT,
}
ADDED: Final[Mapping[str, Schema]] = {
    "update_handled": {"queries": COUNT, "store_s": SECONDS, "calls": COUNT, "call_s": SECONDS},
}
"""What lines tell beyond what their event knows."""

ERROR: Final[Schema] = {"title": "error"}
"""An event may carry one; a line tells only where it came from."""

ALWAYS_THERE: Final = frozenset({"integer", "number", "boolean"})
PLACES: Final[Schema] = {"type": "array", "items": TEXT}
LIBRARY: Final[Schema] = {"logger": TEXT, "message": TEXT, "error": TEXT, "trace": PLACES}


def rendered_schema() -> str:
    """Return the schema of a line (JSON Schema, draft 2020-12) as text."""
    kinds = [_kind(name, own, says, needed) for name, (own, says, needed) in sorted(_events().items())]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A log line of GMBot",
        "type": "object",
        "required": list(EVERY_LINE),
        "properties": {**EVERY_LINE, **WHERE_KNOWN},
        "oneOf": kinds,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def with_events(page: str) -> str:
    """Return `page` with the table of events between its two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    rows = [_row(name, own, says) for name, (own, says, _) in sorted(_events().items())]
    return "\n".join((f"{before}{BEGIN}", HEAD, *rows, f"{END}{after}"))


def _events() -> dict[str, tuple[Schema, str, list[str]]]:
    """Return each event's own fields, what it says, and which of its fields are always there."""
    found = {name: _event(kind, name) for kind, name in NAMES.items()}
    says = "A line of a library, or a warning of Python's: what it says is in `message`."
    return {**found, LIBRARY_LINE: (LIBRARY, says, ["logger", "message"])}


def _event(kind: type, name: str) -> tuple[Schema, str, list[str]]:
    _, components = msgspec.json.schema_components([kind], schema_hook=lambda type_: ERROR)
    schema = components[kind.__name__]
    shapes = {field: _shown(shape) for field, shape in schema["properties"].items()}
    own: Schema = {field: shape for field, shape in shapes.items() if shape != ERROR}
    if own != shapes:
        own["trace"] = PLACES
    # What is empty or unknown is left out of a line.
    needed = [field for field in schema.get("required", ()) if shapes[field].get("type") in ALWAYS_THERE]
    needed = [field for field in needed if "anyOf" not in schema["properties"][field]]
    return {**own, **ADDED.get(name, {})}, " ".join(schema["description"].split()), needed


def _shown(shape: Schema) -> Schema:
    """Return a field's shape in a line, where None does not appear."""
    choices = [choice for choice in shape.get("anyOf", ()) if choice.get("type") != "null"]
    shown = choices[0] if choices else shape
    return {name: value for name, value in shown.items() if name != "default"}


def _kind(name: str, own: Schema, says: str, needed: list[str]) -> Schema:
    known = {field: True for field in (*EVERY_LINE, *WHERE_KNOWN) if field not in own}
    return {
        "title": name,
        "description": says,
        "required": needed,
        "properties": {**known, **own, "event": {"const": name}},
        "additionalProperties": False,
    }


def _row(name: str, own: Schema, says: str) -> str:
    fields = ", ".join(f"`{field}`" for field in own) or "none"
    return f"| `{name}` | {fields} | {says} |"
