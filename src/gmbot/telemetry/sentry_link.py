"""What sentry-sdk is told, and how it is set up; it is loaded when it is set up and not before."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gmbot.gate import events
from gmbot.gate.about import About, Concerning, about
from gmbot.telemetry.scrubbing import Scrubber

if TYPE_CHECKING:
    from sentry_sdk._types import Event as SentryEvent
    from sentry_sdk.envelope import Envelope
    from sentry_sdk.integrations import Integration
    from sentry_sdk.transport import HttpTransport

FLUSH_S: Final = 2.0
"""How long what was not told yet may hold up a stop."""

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


def connected(options: SentryOptions, count: Count) -> Callable[[Found], None]:
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
