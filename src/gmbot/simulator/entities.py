"""Texts as the server reads them: commands, mentions and links are found, HTML becomes entities.

Offsets and lengths count UTF-16 code units. Source: Bot API, "Formatting options", HTML style.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gmbot.simulator.members import Wire

FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<mention>(?<![\w@/.])@[A-Za-z0-9_]{4,32}(?!\w))"
    r"|(?P<hashtag>(?<![\w#&])#\w*[^\W\d]\w*)"
    r"|(?P<url>(?<![\w@.-])(?:https?://[^\s<>\"]+[^\s<>\".,!?;:)]|(?:[a-z0-9-]+\.)+(?:me|com|org|net|ru|io)\b(?:/[^\s<>\"]*)?))",
    re.IGNORECASE,
)
TRIGGERS = frozenset("/@#.")


def utf16_len(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def find_entities(text: str) -> list[Wire]:
    """What the server marks up by itself in a plain text."""
    if TRIGGERS.isdisjoint(text):
        return []
    return [
        {
            "type": str(match.lastgroup),
            "offset": utf16_len(text[: match.start()]),
            "length": utf16_len(match.group()),
        }
        for match in FOUND.finditer(text)
    ]


def merged_entities(text: str, explicit: list[Wire]) -> list[Wire]:
    """The explicit entities, and those found by the server where no code or link is."""
    opaque = [entity for entity in explicit if entity["type"] in ("code", "pre", "text_link")]
    found = [entity for entity in find_entities(text) if not any(_overlap(entity, other) for other in opaque)]
    return sorted(
        explicit + found, key=lambda entity: (number_of(entity, "offset"), -number_of(entity, "length"))
    )


def _overlap(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    start, end = number_of(one, "offset"), number_of(one, "offset") + number_of(one, "length")
    return (
        start < number_of(other, "offset") + number_of(other, "length") and number_of(other, "offset") < end
    )


def number_of(entity: Mapping[str, object], name: str) -> int:
    """An entity's offset or length."""
    value = entity[name]
    return value if isinstance(value, int) else 0
