"""HTML-style markup to plain text and entities, refusing what the server refuses.

Source: Bot API, "HTML style": only the listed tags, all closed, three named entities and `&quot;`.
"""

from __future__ import annotations

import html as stdlib_html
import re

import msgspec

from gmbot.simulator.entities import utf16_len
from gmbot.simulator.errors import ApiError
from gmbot.simulator.members import Wire

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "blockquote": "blockquote",
}
ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));?")
ATTRIBUTE = re.compile(r"\s*([a-zA-Z0-9-]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[a-zA-Z0-9.-]+))?")


class OpenTag(msgspec.Struct):
    """A start tag waiting for its end."""

    name: str
    offset: int
    at_byte: int
    attributes: dict[str, str]


class HtmlReader:
    """Reads one text; `parse` gives the plain text and its entities, or raises ApiError."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._plain: list[str] = []
        self._length = 0
        self._open: list[OpenTag] = []
        self._entities: list[Wire] = []

    def parse(self) -> tuple[str, list[Wire]]:
        """Plain text and entities sorted as the server sorts them."""
        while self._at < len(self._source):
            self._step()
        if self._open:
            raise refusal(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        self._entities.sort(key=lambda entity: (entity["offset"], -int(str(entity["length"]))))
        return "".join(self._plain), self._entities

    def _step(self) -> None:
        match self._source[self._at]:
            case "<":
                self._tag()
            case "&":
                self._reference()
            case _:
                end = self._next_special()
                self._write(self._source[self._at : end])
                self._at = end

    def _next_special(self) -> int:
        ends = [found for mark in "<&" if (found := self._source.find(mark, self._at)) >= 0]
        return min(ends, default=len(self._source))

    def _write(self, text: str) -> None:
        self._plain.append(text)
        self._length += utf16_len(text)

    def _reference(self) -> None:
        match = ENTITY.match(self._source, self._at)
        if match is None:
            self._write("&")
            self._at += 1
            return
        self._write(stdlib_html.unescape(match.group().rstrip(";") + ";"))
        self._at = match.end()

    def _tag(self) -> None:
        end = self._source.find(">", self._at)
        if end < 0:
            raise refusal(f"Unclosed start tag at byte offset {self._byte()}")
        inside = self._source[self._at + 1 : end]
        if inside.startswith("/"):
            self._close(inside[1:].strip().lower())
        else:
            self._start(inside)
        self._at = end + 1

    def _start(self, inside: str) -> None:
        name, _, rest = inside.partition(" ")
        name = name.strip().lower()
        attributes = self._attributes(rest)
        allowed = name in TAGS and (name != "span" or attributes.get("class") == "tg-spoiler")
        if not allowed:
            raise refusal(f'Unsupported start tag "{name}" at byte offset {self._byte()}')
        self._open.append(OpenTag(name, self._length, self._byte(), attributes))

    def _attributes(self, rest: str) -> dict[str, str]:
        found: dict[str, str] = {}
        position = 0
        while rest[position:].strip():
            match = ATTRIBUTE.match(rest, position)
            if match is None:
                raise refusal(f"Empty attribute name in the tag at byte offset {self._byte()}")
            found[match.group(1).lower()] = stdlib_html.unescape((match.group(2) or "").strip("\"'"))
            position = match.end()
        return found

    def _close(self, name: str) -> None:
        if not self._open:
            raise refusal(f"Unexpected end tag at byte offset {self._byte()}")
        start = self._open.pop()
        if name and name != start.name:
            expected = f'expected "</{start.name}>", found "</{name}>"'
            raise refusal(f"Unmatched end tag at byte offset {self._byte()}, {expected}")
        self._entity(start)

    def _entity(self, start: OpenTag) -> None:
        length = self._length - start.offset
        extra = entity_fields(start)
        if length == 0 or extra is None:
            return
        self._entities.append({"type": TAGS[start.name], "offset": start.offset, "length": length} | extra)

    def _byte(self) -> int:
        return len(self._source[: self._at].encode())


def entity_fields(tag: OpenTag) -> Wire | None:
    """What the tag's attributes add to its entity; None when they make it no entity at all."""
    attributes = tag.attributes
    match tag.name:
        case "a":
            url = attributes.get("href", "")
            return {"url": url if "://" in url or ":" in url else f"http://{url}/"} if url else None
        case "tg-emoji":
            return {"custom_emoji_id": attributes.get("emoji-id", "")}
        case "tg-time":
            unix = attributes.get("unix", "")
            return {"unix_time": int(unix)} if unix.isdigit() else None
        case "code" if attributes.get("class", "").startswith("language-"):
            return {}
        case "blockquote" if "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        case _:
            return {}


def refusal(detail: str) -> ApiError:
    """The error for markup that cannot be read."""
    return ApiError(400, f"Bad Request: can't parse entities: {detail}")
