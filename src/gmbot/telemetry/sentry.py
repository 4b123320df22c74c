"""Errors that nobody foresaw, told to Sentry.

sentry-sdk takes half a second to import and 12 MiB to keep: it is loaded in a thread when there is something
to tell. Nothing here waits for Sentry's server, which may be slow or gone: what cannot be told is dropped and
counted.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Self

import msgspec

from gmbot.domain.errors import ConfigurationError, RefusedError, TransientError
from gmbot.gate import events
from gmbot.gate.about import About, about
from gmbot.resilience.budget import Budget
from gmbot.telemetry.sentry_link import FLUSH_S, Count, Fault, Found, SentryOptions, Step, connected

MOST_WAITING: Final = 100
REPORTS_PER_S: Final = 1.0
REPORTS_AT_ONCE: Final = 20
"""A flood of errors is one story: beyond this they are counted and not told."""

EXPECTED: Final = (
    TransientError,
    RefusedError,
    ConfigurationError,
    asyncio.CancelledError,
    KeyboardInterrupt,
)
"""What GMBot is made for: metrics and log lines tell of it, and it is no error of its own."""

STEPS: Final = frozenset(
    {events.ApiCalled, events.QueryRan, events.DependencyChanged, events.IntentFailed, events.Retried}
)
"""What is told together with an error, if it led there."""

STEPS_KEPT: Final = 200
ABOUT_REPORTING: Final = ("sentry_sdk", "urllib3")


class Reporter:
    """Tells Sentry of unforeseen errors.

    `count` hears of each whether it was `reported`, `dropped` because there were too many at once, or
    `lost` on the way, and may be called from any thread. `now` returns Unix seconds. Raises
    ConfigurationError if sentry-sdk is not installed.
    """

    def __init__(self, options: SentryOptions, now: Callable[[], float], count: Count) -> None:
        if importlib.util.find_spec("sentry_sdk") is None:
            raise ConfigurationError(
                "SENTRY_DSN is set, but sentry-sdk is not installed: install it with "
                "`pip install 'gmbot[sentry]'`, or unset SENTRY_DSN"
            )
        self._options = options
        self._now = now
        self._count = count
        self._budget = Budget(REPORTS_PER_S, REPORTS_AT_ONCE, now=now)
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)
        self._waiting: deque[Found] = deque()
        self._loading: threading.Thread | None = None
        self._tell: Callable[[Found], None] | None = None

    def listen(self, event: events.Event) -> None:
        """Report the error that an event tells of, if nobody foresaw it; remember what may explain one.

        An update that is set aside is an error whatever it failed at, and is told of even if it has no cause.
        """
        if type(event) in STEPS:
            self._steps.append(Step(self._now(), event, about()))
            return
        cause = getattr(event, "cause", None)
        if isinstance(event, events.UpdateSetAside):
            self._find(event, type(event).__name__)
        elif isinstance(cause, BaseException):
            self.report(cause, str(getattr(event, "where", type(event).__name__)))

    def report(self, error: BaseException, where: str) -> None:
        """Report an error as soon as sentry-sdk is loaded; never raises, never waits."""
        if not isinstance(error, EXPECTED):
            self._find(error, where)

    def report_logged(self, record: logging.LogRecord) -> None:
        """Report what a library logged as an error, unless it logged what was to be expected."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, EXPECTED):
            self._find(record, record.name)

    def _find(self, fault: Fault, where: str) -> None:
        if len(self._waiting) >= MOST_WAITING or not self._budget.take():
            self._count("dropped")
            return
        here = _concerned(fault)
        led_here = tuple(step for step in self._steps if step.belongs_to(here))
        self._waiting.append(Found(fault, where, here, led_here))
        if self._tell is None:
            self.load()
        else:
            self._tell_all(self._tell)

    @property
    def loaded(self) -> bool:
        """Whether sentry-sdk is there."""
        return self._tell is not None

    def load(self) -> threading.Thread:
        """Load sentry-sdk, once, in a thread, which is returned; GMBot goes on meanwhile."""
        if self._loading is None:
            self._loading = threading.Thread(target=self._load, name="gmbot-sentry", daemon=True)
            self._loading.start()
        return self._loading

    def close(self, flush_s: float = FLUSH_S) -> None:
        """Tell what is not told yet, for at most `flush_s` seconds once sentry-sdk is loaded: this blocks."""
        if self._loading is not None:
            self._loading.join()
            import sentry_sdk

            sentry_sdk.get_client().close(timeout=flush_s)

    def _load(self) -> None:
        tell = connected(self._options, self._count)
        self._tell_all(tell)
        self._tell = tell
        # What came between those two lines.
        self._tell_all(tell)

    def _tell_all(self, tell: Callable[[Found], None]) -> None:
        while self._waiting:
            try:
                found = self._waiting.popleft()
            except IndexError:  # the other thread was quicker
                return
            tell(found)


class LoggedErrors(logging.Handler):
    """While entered, what libraries log as errors is reported: asyncio tells of lost tasks nowhere else."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.ERROR)
        self._reporter = reporter

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report a record, unless it is about reporting."""
        if not record.name.startswith(ABOUT_REPORTING):
            self._reporter.report_logged(record)


def _concerned(fault: Fault) -> About:
    """Return whom something is about: an update says itself whose it is."""
    here = about()
    if isinstance(fault, events.UpdateSetAside):
        return msgspec.structs.replace(here, bot_id=fault.bot_id, update_id=fault.update_id)
    return here
