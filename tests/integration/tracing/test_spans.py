"""Where an update's time went, as a collector sees it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.fixtures.stage import Stage, raised_stage

from gmbot.simulator import VirtualClock
from gmbot.telemetry.tracing import open_telemetry


async def a_stranger_joins(
    exporter: InMemorySpanExporter, database: Path, share: float = 1.0
) -> tuple[Stage, int]:
    """Have a stranger join a guarded group, and hand over the spans of it all."""
    kept = open_telemetry(lambda: exporter, share=share, version="1.2.3", now=VirtualClock().now)
    async with raised_stage(database, tracing=kept) as stage:
        await stage.protect()
        stranger = stage.person("Sam")
        await stage.rest()
        assert stage.muted(stranger)
    kept.close()
    return stage, stranger


def paths(spans: Iterable[ReadableSpan]) -> set[str]:
    """Return each span as the names from its root to itself."""
    by_id = {span.context.span_id: span for span in spans}

    def path(span: ReadableSpan) -> str:
        parent = by_id.get(span.parent.span_id) if span.parent else None
        return span.name if parent is None else f"{path(parent)} > {span.name}"

    return {path(span) for span in by_id.values()}


async def test_an_update_leads_to_a_decision_a_store_and_a_call(tmp_path: Path) -> None:
    """One trace tells all that a stranger's arrival led to, in the order in which it was done."""
    exporter = InMemorySpanExporter()
    await a_stranger_joins(exporter, tmp_path / "gate.sqlite")
    assert paths(exporter.get_finished_spans()) >= {
        "update",
        "update > store apply",
        "update > attempt",
        "update > attempt > decide",
        "update > attempt > store apply",
        "update > attempt > call restrictChatMember",
    }


async def test_spans_bear_nobodys_id(tmp_path: Path) -> None:
    """A collector is one more place where people would have to be forgotten."""
    exporter = InMemorySpanExporter()
    stage, stranger = await a_stranger_joins(exporter, tmp_path / "gate.sqlite")
    told = " ".join(span.to_json() for span in exporter.get_finished_spans())
    assert "restrictChatMember" in told
    assert [i for i in (stranger, stage.group, stage.channel, stage.bot_id) if str(abs(i)) in told] == []


async def test_what_is_not_sampled_leaves_no_span(tmp_path: Path) -> None:
    """The share is of whole traces."""
    exporter = InMemorySpanExporter()
    await a_stranger_joins(exporter, tmp_path / "gate.sqlite", share=0.0)
    assert exporter.get_finished_spans() == ()
