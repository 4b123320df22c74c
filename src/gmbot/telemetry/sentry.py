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
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from gmbot.domain.errors import ConfigurationError, RefusedError, TransientError
from gmbot.gate import events
from gmbot.gate.about import About, Concerning, about
from gmbot.resilience.budget import Budget
from gmbot.telemetry.scrubbing import Scrubber

if TYPE_CHECKING:
    from sentry_sdk._types import Event as SentryEvent
    from sentry_sdk.envelope import Envelope
    from sentry_sdk.integrations import Integration
    from sentry_sdk.transport import HttpTransport

FLUSH_S: Final = 2.0
"""How long what was not told yet may hold up a stop."""

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

Count = Callable[[str], None]


class Step(msgspec.Struct, frozen=True):
    """Something that happened before an error."""

    at: float
    event: events.Event
    about: About

    def belongs_to(self, here: About) -> bool:
        """Whether it happened in the same piece of work, or to everybody."""
        if self.about.update_id is None and self.about.intent is None:
            return True
        return (self.about.bot_id, self.about.update_id, self.about.intent) == (
            here.bot_id,
            here.update_id,
            here.intent,
        )

    def breadcrumb(self) -> dict[str, Any]:
        """Return what Sentry shows of it: names, numbers and durations, and nobody's id."""
        fields = msgspec.structs.asdict(self.event)
        told = {
            name: value
            for name, value in fields.items()
            if not name.endswith("_id") and isinstance(value, str | bool | int | float)
        }
        return {"timestamp": self.at, "category": "gmbot", "message": type(self.event).__name__, "data": told}


Fault = BaseException | logging.LogRecord | events.UpdateSetAside
"""An error, what a library logged of one, or an update that came to nothing."""


class Found(msgspec.Struct, frozen=True):
    """What is to be told; where it came out, whom it is about, and what led to it."""

    fault: Fault
    where: str
    about: About
    steps: tuple[Step, ...]


class SentryOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as what to report. `key` makes hashes of ids that nobody without it can undo.

    `traces_share` of the updates, 0 to 1, are traced.
    """

    dsn: str
    environment: str
    release: str
    key: bytes
    secrets: tuple[str, ...] = ()
    traces_share: float = 0.0


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
        tell = _connected(self._options, self._count)
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


def _connected(options: SentryOptions, count: Count) -> Callable[[Found], None]:
    """Load and set up sentry-sdk; return what tells it of an error."""
    import sentry_sdk

    scrubber = Scrubber(options.key, options.secrets)

    def cleaned(report: Any, hint: dict[str, Any]) -> Any:
        return scrubber.report(report, about())

    sentry_sdk.init(
        dsn=options.dsn,
        environment=options.environment,
        release=options.release,
        transport=_transport(count),
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=_integrations(options),
        before_send=cleaned,
        before_send_transaction=cleaned,
        # A frame's variables hold messages and tokens.
        include_local_variables=False,
        max_request_body_size="never",
        # Telegram has no use for trace headers.
        trace_propagation_targets=[],
        auto_session_tracking=False,
        enable_db_query_source=False,
        enable_http_request_source=False,
        enable_backpressure_handling=False,
        shutdown_timeout=FLUSH_S,
        # Which update is traced is decided before a transaction begins: an unsampled one costs as much.
        traces_sample_rate=1.0 if options.traces_share else None,
    )
    return _teller()


def _teller() -> Callable[[Found], None]:
    """Return what tells sentry-sdk, as it is set up, of an error."""
    import sentry_sdk
    from sentry_sdk.integrations.logging import EventHandler

    logged = EventHandler(logging.ERROR)

    def tell(found: Found) -> None:
        with Concerning(found.about), sentry_sdk.new_scope() as scope:
            scope.set_tag("where", found.where)
            for step in found.steps:
                scope.add_breadcrumb(step.breadcrumb())
            match found.fault:
                case events.UpdateSetAside() as update:
                    sentry_sdk.capture_event(_set_aside(update))
                case logging.LogRecord() as record:
                    logged.handle(record)
                case error:
                    sentry_sdk.capture_exception(error)

    return tell


def _concerned(fault: Fault) -> About:
    """Return whom something is about: an update says itself whose it is."""
    here = about()
    if isinstance(fault, events.UpdateSetAside):
        return msgspec.structs.replace(here, bot_id=fault.bot_id, update_id=fault.update_id)
    return here


def _set_aside(update: events.UpdateSetAside) -> SentryEvent:
    """Return a report of an update: one of its own, also if several failed at the same error object."""
    import sentry_sdk
    from sentry_sdk.utils import event_from_exception

    report: SentryEvent = {"level": "error"}
    if update.cause is None:
        report["logentry"] = {"message": f"{update.kind} set aside: {update.error}"}
    else:
        options = sentry_sdk.get_client().options
        report = event_from_exception(update.cause, client_options=options)[0]
    tags = {"update": update.kind, "error": update.error, "place": update.place, "tries": str(update.tries)}
    report["tags"] = {name: value for name, value in tags.items() if value}
    return report


def _integrations(options: SentryOptions) -> list[Integration]:
    """Return what listens to libraries; what costs each query 50 µs only if traces are wanted."""
    from sentry_sdk.integrations.dedupe import DedupeIntegration

    wanted: list[Integration] = [DedupeIntegration()]
    if options.traces_share:
        from sentry_sdk.integrations.redis import RedisIntegration
        from sentry_sdk.integrations.sqlalchemy import SqlalchemyIntegration

        wanted += [RedisIntegration(), SqlalchemyIntegration()]
    return wanted


def _transport(count: Count) -> type[HttpTransport]:
    from sentry_sdk.transport import HttpTransport

    class Counting(HttpTransport):
        """Sends from a thread of its own, and counts."""

        def capture_envelope(self, envelope: Envelope) -> None:
            if envelope.get_event() is not None:
                count("reported")
            super().capture_envelope(envelope)

        def record_lost_event(
            self,
            reason: str,
            data_category: Any = None,
            item: Any = None,
            *,
            quantity: int = 1,
        ) -> None:
            error = data_category == "error" or (item is not None and item.data_category == "error")
            if error and reason != "before_send":
                count("lost")
            super().record_lost_event(reason, data_category, item, quantity=quantity)

    return Counting
