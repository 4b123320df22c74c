"""A method's arguments as the official server reads them: leniently, whatever the body's format was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import Wire

LEADING_NUMBER = re.compile(r"\s*(-?\d+)")
TRUE_WORDS = frozenset({"true", "yes", "1"})
INT64 = 2**63 - 1


class Arguments:
    """Reads named arguments out of forms (all strings) and JSON bodies (real types) alike."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given

    def has(self, name: str) -> bool:
        """Whether the argument was given, and not as null."""
        return self._given.get(name) is not None

    def raw(self, name: str) -> object:
        """The argument as it came, or None."""
        return self._given.get(name)

    def text(self, name: str) -> str:
        """The argument as a string, "" when missing."""
        value = self._given.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return "" if value is None else str(value)

    def integer(self, name: str, default: int = 0, *, low: int = -INT64, high: int = INT64) -> int:
        """The argument as an integer, clamped between the bounds; what is no number is the default."""
        match = LEADING_NUMBER.match(self.text(name))
        return max(low, min(high, int(match.group(1)[:20]) if match else default))

    def boolean(self, name: str) -> bool:
        """Whether the argument is true, yes or 1."""
        return self.text(name).lower() in TRUE_WORDS

    def mapping(self, name: str, what: str | None = None) -> Wire | None:
        """The argument as an object, from JSON text if need be; None when missing."""
        value = self._decoded(name, what)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {what or name} JSON object")
        return value

    def listing(self, name: str, what: str | None = None) -> list[object] | None:
        """The argument as a list, from JSON text if need be; None when missing."""
        value = self._decoded(name, what)
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise bad_request(f"can't parse {what or name} JSON array")
        return value

    def _decoded(self, name: str, what: str | None) -> object:
        value = self._given.get(name)
        if not isinstance(value, str) or not value:
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what or name} JSON object") from None
