"""Takes out of an error report what must not leave: secrets, addresses, what people wrote, who they are."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from gmbot.gate.about import About
from gmbot.telemetry.redaction import Redactor

URL: Final = "[url]"
QUOTED: Final = "[quoted]"
DIGITS: Final = 16
"""Hexadecimal digits of a hash: enough to tell people apart."""

WHOLE: Final = frozenset({"request", "extra", "user"})
"""Parts of a report that GMBot never fills, and a library might."""

# Every repetition is bounded, so that hostile text costs no more than its length.
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>)]{1,2048}", re.IGNORECASE)
_QUOTED = re.compile(r"b?'[^'\n]{0,2048}'|b?\"[^\"\n]{0,2048}\"")
_NUMBER = re.compile(r"-?\d{5,}")

Report = dict[str, Any]


class Scrubber:
    """Cleans reports; `key` makes of ids hashes that nobody without it can undo."""

    def __init__(self, key: bytes, secrets: Iterable[str] = ()) -> None:
        self._key = key
        self._redactor = Redactor(secrets)

    def report(self, report: Mapping[str, Any], about: About) -> Report:
        """Return a report of an error or a transaction with nothing in it but what may be told."""
        clean: Report = {
            name: self._clean(part, self.text) for name, part in report.items() if name not in WHOLE
        }
        for exception in _values(clean.get("exception")):
            exception["value"] = self.words(str(exception.get("value", "")))
        if isinstance(entry := clean.get("logentry"), dict):
            clean["logentry"] = {"message": self.words(str(entry.get("formatted") or entry.get("message")))}
        for crumb in _values(clean.get("breadcrumbs")):
            crumb["message"] = self.words(str(crumb.get("message") or ""))
        clean["tags"] = {**(clean.get("tags") or {}), **self.whom(about)}
        if about.user_id is not None:
            clean["user"] = {"id": self.pseudonym("user", about.user_id)}
        return clean

    def whom(self, about: About) -> dict[str, str]:
        """Return the chats and the bot that something is about, as hashes."""
        ids = {"bot": about.bot_id, "group": about.group_id, "channel": about.channel_id}
        return {kind: self.pseudonym(kind, number) for kind, number in ids.items() if number is not None}

    def pseudonym(self, kind: str, number: int) -> str:
        """Return what stands for an id: the same in every report, and in no other deployment's."""
        return hmac.digest(self._key, f"{kind}:{number}".encode(), hashlib.sha256).hex()[:DIGITS]

    def text(self, text: str) -> str:
        """Return a text without secrets and addresses."""
        return _URL.sub(URL, self._redactor.text(text))

    def words(self, text: str) -> str:
        """Return what an error says without ids and quotes, which may be somebody's words."""
        return _NUMBER.sub("[number]", _QUOTED.sub(QUOTED, self.text(text)))

    def _clean(self, value: object, clean: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._clean(part, clean) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(part, clean) for part in value]
        return value if value is None or isinstance(value, bool | int | float) else clean(repr(value))


def _values(part: object) -> list[dict[str, Any]]:
    """Return the entries of a part that Sentry writes as `{"values": [...]}`."""
    values = part.get("values", ()) if isinstance(part, dict) else ()
    return [value for value in values if isinstance(value, dict)]
