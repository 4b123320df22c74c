"""Where an update's time goes, as spans: update → decide → store → call, and what is done about it later.

Pieces of work open spans (`gmbot.gate.tracing`); what took place within them is told by events, once it is
over, and becomes spans too. A span bears names and numbers, never an id or a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from gmbot.domain.errors import ConfigurationError
from gmbot.gate import events
from gmbot.gate.tracing import Trace, untraced

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

SERVICE: Final = "gmbot"
WHOLE: Final = frozenset({"update", "attempt"})
"""The pieces of work that a trace begins with."""

FLUSH_MS: Final = 2_000
_NS: Final = 1_000_000_000

Part = tuple[str, float, dict[str, str | bool | int]]
"""What took place: its name, its seconds, and more about it."""


class Tracing(Protocol):
    """Something that keeps spans."""

    def trace(self, name: str) -> AbstractContextManager[object]:
        """Open a span around a piece of work."""
        ...

    def listen(self, event: events.Event) -> None:
        """Add what an event tells of to the span it took place in."""
        ...

    def close(self) -> None:
        """Hand over what is left, for at most two seconds: blocks."""
        ...


def part_of(event: events.Event) -> Part | None:
    """Return what an event tells of, as a part of some work; None if it is nothing that takes time."""
    match event:
        case events.QueryRan(query=query, seconds=seconds, ok=ok):
            return f"store {query}", seconds, {"ok": ok}
        case events.ApiCalled(method=method, seconds=seconds, code=code):
            return f"call {method}", seconds, {"code": code}
        case events.SharedMemoryAsked(operation=operation, seconds=seconds, ok=ok):
            return f"redis {operation}", seconds, {"ok": ok}
        case events.MembershipRecalled(hit=hit, seconds=seconds):
            return "decide", seconds, {"hit": hit}
        case _:
            return None


class OpenTelemetry:
    """Spans for any collector that speaks OTLP; `now` returns Unix seconds."""

    def __init__(self, tracer: Tracer, now: Callable[[], float], close: Callable[[], None]) -> None:
        from opentelemetry.trace import get_current_span

        self._tracer = tracer
        self._now = now
        self._current = get_current_span
        self._close = close

    def trace(self, name: str) -> AbstractContextManager[object]:
        """Open a span; an error leaves no text in it."""
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)

    def listen(self, event: events.Event) -> None:
        """Add a span for what is over, to the span around it if that is kept."""
        if not self._current().is_recording():
            return
        part = part_of(event)
        if part is not None:
            name, seconds, more = part
            end = round(self._now() * _NS)
            span = self._tracer.start_span(name, start_time=end - round(seconds * _NS), attributes=more)
            span.end(end)

    def close(self) -> None:
        """Hand over what is left."""
        self._close()


def open_telemetry(
    exporter: Callable[[], SpanExporter], *, share: float, version: str, now: Callable[[], float]
) -> OpenTelemetry:
    """Return tracing into an exporter, of `share` (0 to 1) of all work.

    Raises ConfigurationError if OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        made = exporter()
    except ImportError:
        raise ConfigurationError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: install it with "
            "`pip install 'gmbot[otel]'`, or unset OTEL_EXPORTER_OTLP_ENDPOINT"
        ) from None
    resource = Resource.create({"service.name": SERVICE, "service.version": version})
    provider = TracerProvider(
        resource=resource, sampler=ParentBased(TraceIdRatioBased(share)), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(made))

    def close() -> None:
        provider.force_flush(FLUSH_MS)
        provider.shutdown()

    return OpenTelemetry(provider.get_tracer(SERVICE, version), now, close)


def to_collector(endpoint: str) -> Callable[[], SpanExporter]:
    """Return what makes an exporter to a collector's OTLP address over HTTP."""

    def exporter() -> SpanExporter:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=2)

    return exporter


class SentryTraces:
    """Transactions for Sentry, of `share` (0 to 1) of all work; sentry-sdk is there once `loaded` says so.

    What is not to be kept opens no transaction: even one that is not sampled costs 56 to 120 µs.
    """

    def __init__(
        self,
        share: float,
        *,
        random: Callable[[], float],
        now: Callable[[], float],
        loaded: Callable[[], bool],
    ) -> None:
        self._share = share
        self._random = random
        self._now = now
        self._loaded = loaded

    def trace(self, name: str) -> AbstractContextManager[object]:
        """Open a transaction around a whole piece of work, a span around a part of one, or nothing."""
        if not self._loaded():
            return untraced(name)
        import sentry_sdk

        if name not in WHOLE:
            span = sentry_sdk.get_current_span()
            return untraced(name) if span is None else span.start_child(op="gmbot", name=name)
        if self._random() >= self._share:
            return untraced(name)
        return self._transaction(name)

    @contextmanager
    def _transaction(self, name: str) -> Iterator[None]:
        import sentry_sdk

        with sentry_sdk.isolation_scope(), sentry_sdk.start_transaction(op="gmbot", name=name):
            yield

    def listen(self, event: events.Event) -> None:
        """Add what is over to the transaction that is open here; the database Sentry sees itself."""
        if not isinstance(event, events.ApiCalled | events.MembershipRecalled) or not self._loaded():
            return
        import sentry_sdk

        around, part = sentry_sdk.get_current_span(), part_of(event)
        if around is not None and part is not None:
            name, seconds, more = part
            end = self._now()
            span = around.start_child(op="gmbot", name=name, start_timestamp=end - seconds)
            span.update_data(more)
            span.finish(end_timestamp=end)

    def close(self) -> None:
        """Do nothing: the reporter of errors hands over both."""


def together(kept: Sequence[Tracing]) -> Trace:
    """Return what opens a span in each; nothing at all if there is none."""
    if not kept:
        return untraced
    if len(kept) == 1:
        return kept[0].trace

    @contextmanager
    def trace(name: str) -> Iterator[None]:
        with ExitStack() as spans:
            for one in kept:
                spans.enter_context(one.trace(name))
            yield

    return trace
