"""Whether Telegram answers, judged by the calls that are made anyway."""

from __future__ import annotations

from gmbot.domain.errors import Unavailable
from gmbot.gate.events import ApiCalled, Event


class TelegramWatch:
    """Remembers how the last call ended: a refusal is an answer, a time-out or a 5xx is none."""

    def __init__(self) -> None:
        self._answered = True

    def listen(self, event: Event) -> None:
        """Follow every call."""
        if isinstance(event, ApiCalled):
            self._answered = 0 < event.code < 500

    async def probe(self) -> None:
        """Return if Telegram answered last. Raises Unavailable if it did not."""
        if not self._answered:
            raise Unavailable("the last call to Telegram was not answered")
