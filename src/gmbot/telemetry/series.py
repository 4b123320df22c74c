"""The series of the catalogue's metrics, in prometheus_client's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.registry import Collector

from gmbot.gate.tally import Bounds, Observed
from gmbot.telemetry.catalogue import CATALOGUE, OTHER, Kind, Metric


class Family:
    """One metric with its series kept at hand: finding one is a look in a dict."""

    def __init__(self, metric: Metric, registry: CollectorRegistry) -> None:
        self.parent = _parent(metric, registry)
        self._allowed = [frozenset(values or ()) for values in metric.labels.values()]
        self._children: dict[tuple[str, ...], Any] = {}
        if metric.kind is Kind.COUNTER and len(metric.labels) == 1:
            self._start_at_zero(metric)

    def of(self, *labels: str) -> Any:
        """Return the series of these label values; one that is not allowed counts as `other`."""
        child = self._children.get(labels)
        return self._adopt(labels) if child is None else child

    def _start_at_zero(self, metric: Metric) -> None:
        """Show every series from the start: a rate over one that appears later misses its first step."""
        for values in metric.labels.values():
            for value in values or ():
                self.of(value)

    def _adopt(self, labels: tuple[str, ...]) -> Any:
        pairs = zip(labels, self._allowed, strict=True)
        known = tuple(label if label in allowed else OTHER for label, allowed in pairs)
        if known not in self._children:
            self._children[known] = self.parent.labels(*known)
        return self._children[known]


class BeforeAll(Collector):
    """Does something before metrics are read: a registry reads collectors in the order of their coming."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do

    def collect(self) -> Iterable[prometheus_client.Metric]:
        """Do it, and show nothing."""
        self._do()
        return ()


class Histogram(prometheus_client.Histogram):
    """A histogram that takes in many observations at once."""

    def add(self, observed: Observed) -> None:
        """Count what was observed elsewhere, cut at the same bounds."""
        for bucket, count in zip(self._buckets, observed.counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(observed.total)


def _parent(metric: Metric, registry: CollectorRegistry) -> Any:
    labels = tuple(metric.labels)
    match metric.kind:
        case Kind.COUNTER:
            return Counter(metric.name, metric.help, labels, registry=registry)
        case Kind.GAUGE:
            return Gauge(metric.name, metric.help, labels, registry=registry)
        case Kind.HISTOGRAM:
            return Histogram(metric.name, metric.help, labels, registry=registry, buckets=metric.buckets)


def bounds() -> Bounds:
    """Return where the histograms are cut into which a tally is taken over."""
    buckets = {metric.name: metric.buckets for metric in CATALOGUE}
    return Bounds(
        handling=buckets["bot_update_handling_seconds"],
        lag=buckets["bot_update_lag_seconds"],
        recall=buckets["bot_cache_operation_seconds"],
    )
