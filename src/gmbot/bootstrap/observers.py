"""Who else looks on: Sentry and a collector of spans, each only if an operator names it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable

from gmbot import __version__
from gmbot.gate.events import ErrorReported, Event
from gmbot.gate.ports import Emit
from gmbot.gate.tracing import Trace, untraced
from gmbot.settings import Settings
from gmbot.telemetry.sentry import LoggedErrors, Reporter
from gmbot.telemetry.sentry_link import SentryOptions
from gmbot.telemetry.tracing import SentryTraces, Tracing, open_telemetry, to_collector, together


class Observers:
    """Hands what happens, from `open` on, to those who are configured; with none it costs nothing."""

    def __init__(self, settings: Settings, *, random: Callable[[], float], emit: Emit) -> None:
        self._settings = settings
        self._random = random
        self._emit = emit
        self._reporter: Reporter | None = None
        self._logged = contextlib.ExitStack()
        self._tracing: list[Tracing] = []
        self._listeners: tuple[Callable[[Event], None], ...] = ()
        self.trace: Trace = untraced

    def open(self) -> None:
        """Let them look on; an event loop must run. Raises ConfigurationError if one is not installed."""
        self._reporter = _reporter(self._settings, self._emit)
        if self._reporter is not None:
            self._logged.enter_context(LoggedErrors(self._reporter))
        self._tracing = _tracing(self._settings, self._reporter, self._random)
        self.trace = together(self._tracing)
        listeners = [one.listen for one in self._tracing]
        self._listeners = (*listeners, self._reporter.listen) if self._reporter else tuple(listeners)

    def listen(self, event: Event) -> None:
        """Tell everybody who looks on."""
        for listen in self._listeners:
            listen(event)

    def report(self, error: BaseException, where: str) -> None:
        """Tell of an error that ends everything."""
        if self._reporter is not None:
            self._reporter.report(error, where)

    def ready(self) -> None:
        """Load now what takes long to load and is needed: GMBot is at work."""
        if self._reporter is not None and self._settings.sentry_traces_sample > 0:
            self._reporter.load()

    async def close(self) -> None:
        """Hand over what is not told yet; those who do not listen are not waited for long."""
        for one in self._tracing:
            await asyncio.to_thread(one.close)
        self._logged.close()
        if self._reporter is not None:
            await asyncio.to_thread(self._reporter.close)


def _reporter(settings: Settings, emit: Emit) -> Reporter | None:
    if settings.sentry_dsn is None:
        return None
    loop = asyncio.get_running_loop()

    def count(outcome: str) -> None:
        # At the very end nobody counts any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(emit, ErrorReported(outcome))

    token = settings.bot_tokens[0].reveal().encode()
    options = SentryOptions(
        dsn=settings.sentry_dsn.reveal(),
        environment=settings.environment.value,
        release=f"gmbot@{__version__}",
        key=hmac.digest(token, b"gmbot error reports", hashlib.sha256),
        secrets=tuple(secret.reveal() for secret in settings.secrets),
        traces_share=settings.sentry_traces_sample,
    )
    return Reporter(options, time.time, count)


def _tracing(settings: Settings, reporter: Reporter | None, random: Callable[[], float]) -> list[Tracing]:
    kept: list[Tracing] = []
    if settings.otel_endpoint is not None:
        share = settings.otel_traces_sample
        to = to_collector(settings.otel_endpoint)
        kept.append(open_telemetry(to, share=share, version=__version__, now=time.time))
    if reporter is not None and settings.sentry_traces_sample:
        share = settings.sentry_traces_sample
        kept.append(SentryTraces(share, random=random, now=time.time, loaded=lambda: reporter.loaded))
    return kept
