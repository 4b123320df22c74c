"""The types that settings have."""

from __future__ import annotations

import enum


class Environment(enum.StrEnum):
    """Where GMBot runs: development logs for people, production for machines."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Mode(enum.StrEnum):
    """How updates arrive."""

    POLLING = "polling"
    WEBHOOK = "webhook"


class CircuitMode(enum.StrEnum):
    """What circuits do to calls: refuse them while open, or only show that they would."""

    ON = "on"
    METRICS = "metrics"


class LogLevel(enum.StrEnum):
    """The least important line that is still written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


class Secret:
    """A value that shows itself to nobody who does not ask: not in `repr`, `str`, logs or errors."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)
