"""Takes secrets and message texts out of whatever is about to leave the process.

Telegram's token travels in the path of every address (`/bot<token>/<method>`), so any library's error
text may hold one: whatever has its shape goes, known or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

import msgspec

SECRET: Final = "[secret]"  # noqa: S105 - what is shown instead of one
TEXT: Final = "[text]"
TEXT_KEYS: Final = frozenset({"text", "caption", "message_text", "quote", "html", "raw", "body", "payload"})
"""Names under which what people wrote travels; a log line never holds it."""

_TOKEN = r"(?<=\d)(?::|%3[Aa])[A-Za-z0-9_-]{30,}"  # noqa: S105 - a shape
# Every repetition is bounded, so that hostile text costs no more than its length.
_PASSWORD = r"(?<=://)[^\s/:@]{0,64}:[^\s\"'<>]{1,512}(?=@)"  # noqa: S105 - a shape
_SHORT = 6
_DEPTH = 8
_WORD, _WORDS = 40, 2_000
"""Short texts that were found clean, reasons and methods, are not searched again."""
_PLAIN = frozenset({int, float, bool, type(None)})

Redact = Callable[[str], str]


class Redactor:
    """Replaces secrets in values of any shape; `secrets` are those known beyond anything token-shaped.

    A known secret shorter than six characters is only replaced where it stands as a word of its own.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted(
            {form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True
        )
        self._pattern = re.compile("|".join((*map(_literal, known), _PASSWORD, _TOKEN)))
        self._clean: set[str] = set()

    def __call__(self, _: object, __: str, event_dict: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """Return a log line's fields without secrets: a structlog processor."""
        shown = dict(event_dict)
        for key, value in event_dict.items():
            # Most of a line is numbers, and no number is a text.
            if type(value) not in _PLAIN:
                shown[key] = TEXT if key in TEXT_KEYS else self._value(value, 0)
        return shown

    def text(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        if text in self._clean:
            return text
        redacted = self._pattern.sub(SECRET, text)
        if redacted == text and len(text) <= _WORD and len(self._clean) < _WORDS:
            self._clean.add(text)
        return redacted

    def value(self, value: object) -> object:
        """Return `value` made of plain types only, with every secret and message text replaced."""
        return self._value(value, 0)

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            # Of a subclass, only its characters.
            return self.text(value if type(value) is str else str.__str__(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return self.text(bytes(value).decode(errors="replace"))
        return self.text(repr(value)) if depth >= _DEPTH else self._nested(value, depth + 1)

    def _nested(self, value: object, depth: int) -> object:
        if isinstance(value, msgspec.Struct):
            return self._mapping(msgspec.structs.asdict(value), depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(item, depth) for item in value]
        return self.text(repr(value))

    def _mapping(self, mapping: Mapping[Any, Any], depth: int) -> dict[str, object]:
        return {
            self.text(str(key)): TEXT if key in TEXT_KEYS else self._value(value, depth)
            for key, value in mapping.items()
        }


def _forms(secret: str) -> set[str]:
    """Return the ways in which a secret may be written: plain, in an address, in JSON, in a repr."""
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {
        secret,
        *quoted,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }


def _literal(secret: str) -> str:
    pattern = re.escape(secret)
    return pattern if len(secret) >= _SHORT else rf"(?<![\w-]){pattern}(?![\w-])"
