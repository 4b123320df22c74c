"""A message's text and entities as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from gmbot.simulator.entities import number_of

_TAGS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "code",
    "blockquote": "q",
    "mention": "span",
    "text_mention": "span",
    "text_link": "span",
    "url": "span",
    "bot_command": "span",
    "hashtag": "span",
}
"""Links lead nowhere: the page stays inside the box."""


def render(text: str, entities: object) -> Markup:
    """Return the text with its entities as tags; offsets count UTF-16 code units."""
    units = text.encode("utf-16-le")
    found = entities if isinstance(entities, Sequence) else ()
    marks = [entity for entity in found if isinstance(entity, Mapping) and entity.get("type") in _TAGS]
    edges = sorted({0, len(units) // 2, *(edge for mark in marks for edge in _span(mark))})
    pieces = [_wrapped(_piece(units, start, end), _over(marks, start, end)) for start, end in pairwise(edges)]
    return Markup("").join(pieces)


def _piece(units: bytes, start: int, end: int) -> Markup:
    return escape(units[start * 2 : end * 2].decode("utf-16-le", errors="replace"))


def _span(mark: Mapping[str, object]) -> tuple[int, int]:
    start = number_of(mark, "offset")
    return start, start + number_of(mark, "length")


def _over(marks: Sequence[Mapping[str, object]], start: int, end: int) -> list[str]:
    kinds = [str(mark["type"]) for mark in marks if _span(mark)[0] <= start and end <= _span(mark)[1]]
    return list(dict.fromkeys(kinds))


def _wrapped(piece: Markup, kinds: Sequence[str]) -> Markup:
    for kind in reversed(kinds):
        tag = _TAGS[kind]
        piece = Markup(f'<{tag} class="e-{kind}">{{}}</{tag}>').format(piece)  # noqa: S704 - tags of ours
    return piece
