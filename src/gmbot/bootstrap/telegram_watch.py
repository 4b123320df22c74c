"""Whether Telegram answers, judged by the calls that are made anyway."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from gmbot.adapters.telegram.wire import WebhookInfo
from gmbot.entrypoints.ops.findings import Details, NotWell
from gmbot.gate.events import ApiCalled, Event

PATIENCE_S: Final = 3.0
"""One call that is not answered is nothing yet; no answer at all for this long is an outage."""


class TelegramWatch:
    """Remembers how calls ended: a refusal is an answer, a time-out or a 5xx is none.

    `reported` returns what getWebhookInfo told last of each bot, `redact` a text without secrets. `monotonic`
    and `now` return seconds, the latter of the Unix epoch.
    """

    def __init__(
        self,
        reported: Callable[[], Sequence[WebhookInfo]] = lambda: (),
        *,
        redact: Callable[[str], str] = str,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.reported = reported
        self._redact = redact
        self._monotonic = monotonic
        self._now = now
        self._answered_at: float | None = None
        self._polled_at: float | None = None
        self._silent_since: float | None = None

    def listen(self, event: Event) -> None:
        """Follow every call."""
        if not isinstance(event, ApiCalled):
            return
        if not 0 < event.code < 500:
            self._silent_since = self._silent_since or self._monotonic()
            return
        self._answered_at, self._silent_since = self._monotonic(), None
        if event.method == "getUpdates" and event.code == 200:
            self._polled_at = self._answered_at

    async def probe(self) -> Details:
        """Return how it went lately. Raises NotWell when Telegram does not answer."""
        if self._silent_since is not None and self._monotonic() - self._silent_since >= PATIENCE_S:
            raise NotWell("no_answer", self._details())
        return self._details()

    def _details(self) -> Details:
        infos = self.reported()
        failed = max(infos, key=lambda info: info.last_error_date or 0, default=None)
        details: dict[str, object] = {
            "last_answer_seconds_ago": self._ago(self._answered_at),
            "last_poll_seconds_ago": self._ago(self._polled_at),
            "updates_pending": sum(info.pending_update_count for info in infos),
        }
        if failed is not None and failed.last_error_date is not None:
            details["last_webhook_error"] = self._redact(failed.last_error_message)
            details["last_webhook_error_seconds_ago"] = round(max(0.0, self._now() - failed.last_error_date))
        return details

    def _ago(self, moment: float | None) -> float | None:
        return None if moment is None else round(self._monotonic() - moment, 1)
