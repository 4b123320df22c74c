"""What something looks like without what it says: enough to find a fault, nothing about anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

LONGEST: Final = 4_000
"""How many characters of a shape are kept."""

MALFORMED: Final = "malformed"
"""The kind of an update of which nothing but its id can be read."""

_DEPTH: Final = 12
_MOST: Final = 40
_WORDS: Final = frozenset({"kind", "type", "status", "source", "state"})
"""Names whose text is one of Telegram's words or ours, if it looks like one."""

_NUMBERS: Final = frozenset({"at", "update_id", "date", "edit_date", "until", "until_date", "sequence"})
_WORD: Final = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)


def shape(value: object) -> str:
    """Return a value as JSON in which texts and ids of people are told by their length only.

    Ids of groups and channels stay, which are negative, and times. Nothing longer than 4,000 characters,
    deeper than twelve levels or wider than forty entries is told whole.
    """
    return msgspec.json.encode(_shape(value, "", 0)).decode()[:LONGEST]


def shape_of_json(body: bytes) -> tuple[str, str]:
    """Return the shape of a JSON text, and which of an update's kinds it seems to be.

    What cannot be read at all is told by its length.
    """
    try:
        value = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return f'"<{len(body)} bytes>"', MALFORMED
    names = list(value) if isinstance(value, dict) else []
    kinds = [name for name in names if name != "update_id" and _WORD.fullmatch(name)]
    return shape(value), kinds[0] if len(kinds) == 1 else MALFORMED


def _shape(value: object, name: str, depth: int) -> object:
    match value:
        case None | bool():
            return value
        case int():
            # An id of a person is above zero.
            return value if -(2**63) <= value < 0 or name in _NUMBERS else f"<{value.bit_length()} bits>"
        case str():
            plain = name in _WORDS and _WORD.fullmatch(value)
            return str(value) if plain else f"<{len(value)} characters>"
        case bytes():
            return f"<{len(value)} bytes>"
        case _:
            return _nested(value, name, depth)


def _nested(value: object, name: str, depth: int) -> object:
    if depth >= _DEPTH:
        return "<deeper>"
    if isinstance(value, msgspec.Struct):
        return {"is": type(value).__name__} | _mapping(msgspec.structs.asdict(value), depth)
    if isinstance(value, Mapping):
        return _mapping(value, depth)
    if isinstance(value, set | frozenset):
        return [_shape(item, name, depth + 1) for item in sorted(value, key=str)[:_MOST]]
    if isinstance(value, list | tuple):
        return [_shape(item, name, depth + 1) for item in value[:_MOST]]
    return f"<{type(value).__name__}>"


def _mapping(mapping: Mapping[Any, object], depth: int) -> dict[str, object]:
    entries = [(key, value) for key, value in mapping.items() if value not in (None, ())][:_MOST]
    return {_key(key): _shape(value, str(key), depth + 1) for key, value in entries}


def _key(key: object) -> str:
    """A name that is not like Telegram's or ours may be anything."""
    return key if isinstance(key, str) and _WORD.fullmatch(key) else "<name>"
