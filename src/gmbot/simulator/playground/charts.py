"""The bot's main metrics as small charts, drawn as the points of an SVG polyline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from gmbot.simulator.playground.beliefs import SAMPLES, Sample

WIDTH, HEIGHT = 120, 28


class Chart(msgspec.Struct, frozen=True):
    """A line of the last minute and the value it ends in."""

    label: str
    value: str
    points: str
    metric: str


class _Kind(msgspec.Struct, frozen=True):
    label: str
    metric: str
    per: str = ""
    """Empty: the value itself; "s": its change a second; otherwise the metric it is divided by."""
    unit: str = ""


_KINDS = (
    _Kind("Held, everywhere", "bot_holds_active"),
    _Kind("Updates / s", "bot_updates_total", "s"),
    _Kind("API calls / s", "bot_api_calls_total", "s"),
    _Kind("Errors / s", "bot_errors_total", "s"),
    _Kind(
        "Learning takes",
        "bot_verification_latency_seconds_sum",
        "bot_verification_latency_seconds_count",
        "ms",
    ),
    _Kind("Database up", "bot_db_connected"),
    _Kind("Redis up", "bot_redis_connected"),
)


def charts(samples: Sequence[Sample]) -> tuple[Chart, ...]:
    """Return a chart of each main metric; without samples they are flat."""
    return tuple(_chart(kind, _series(kind, samples)) for kind in _KINDS)


def _series(kind: _Kind, samples: Sequence[Sample]) -> list[float]:
    if not kind.per:
        return [sample.values.get(kind.metric, 0.0) for sample in samples]
    pairs = list(pairwise(samples))
    if kind.per == "s":
        return [_change(kind.metric, a, b) / max(b.at - a.at, 0.001) for a, b in pairs]
    return [1000 * _change(kind.metric, a, b) / max(_change(kind.per, a, b), 1.0) for a, b in pairs]


def _change(metric: str, before: Sample, after: Sample) -> float:
    return after.values.get(metric, 0.0) - before.values.get(metric, 0.0)


def _chart(kind: _Kind, series: Sequence[float]) -> Chart:
    last = series[-1] if series else 0.0
    value = f"{last:,.0f}" if last == int(last) or last >= 10 else f"{last:.1f}"
    return Chart(kind.label, f"{value} {kind.unit}".strip(), _points(series), kind.metric)


def _points(series: Sequence[float]) -> str:
    """The newest sample is at the right edge; the tallest touches the top."""
    top = max(*series, 1.0) if len(series) > 1 else 1.0
    step = WIDTH / (SAMPLES - 1)
    first = WIDTH - step * (len(series) - 1)
    return " ".join(
        f"{first + n * step:.1f},{HEIGHT - 2 - (HEIGHT - 4) * value / top:.1f}"
        for n, value in enumerate(series)
    )
