"""After the demo's story, told on the real product, every metric has moved, and none is a stranger."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import Gauge, Metric
from rich.console import Console
from tests.fixtures.metrics import scraped, seconds_until, series

from gmbot.bootstrap import Product
from gmbot.demo.box import TOKEN, Box, opened_box
from gmbot.demo.screen import Screen
from gmbot.demo.story import tell
from gmbot.settings import Secret, Settings
from gmbot.simulator import Fault, FaultKind
from gmbot.telemetry.catalogue import CATALOGUE, PROCESS, Kind

UNTOUCHED = -1.0
"""No gauge of GMBot's is ever set to this."""

HOUSE_KEPT_S = 15.0
"""Housekeeping looks at all that it looks at within this time."""

LEFT_OUT = "tests/integration/metrics/test_what_the_story_leaves_out.py"
MOVED_ELSEWHERE = {
    "bot_circuit_transitions_total": "tests/integration/circuits/test_outages.py",
    "bot_wrongful_holds_total": LEFT_OUT,
    "bot_webhook_failures_total": LEFT_OUT,
    "bot_updates_set_aside_total": "tests/e2e/gate/test_poison.py",
    "bot_join_requests_approved_total": "tests/e2e/gate/test_join_requests.py",
    "bot_log_lines_dropped_total": "tests/integration/ops/test_service_health.py",
    "bot_memory_evictions_total": LEFT_OUT,
    "bot_mass_flips_total": LEFT_OUT,
    "bot_sweeps_total": LEFT_OUT,
    "bot_sweep_questions_total": LEFT_OUT,
    "bot_pruned_rows_total": LEFT_OUT,
    "bot_error_reports_total": "tests/integration/sentry/test_reports.py",
}
"""What no story of one group in polling mode moves, and the test that does."""


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    """A Telegram in a box."""
    async with opened_box() as opened:
        yield opened


@pytest_asyncio.fixture
async def product(box: Box, redis_url: str, tmp_path: Path) -> AsyncIterator[Product]:
    """GMBot in the box, with Redis, sending so little at once that calls queue; no gauge is set yet."""
    settings = Settings(
        bot_tokens=(Secret(TOKEN),),
        database_url=Secret(f"sqlite:///{tmp_path}/gmbot.db"),
        redis_url=Secret(redis_url),
        ops_port=0,
        telegram_api_url=box.simulator.url,
        send_burst=2,
    )
    product = Product(settings, stream=io.BytesIO())
    _unset_gauges(product)
    async with product:
        yield product


def _unset_gauges(product: Product) -> None:
    registry = product.metrics.registry
    for collector in set(registry._collector_to_names):
        if isinstance(collector, Gauge) and not collector._labelnames and collector._value.get() == 0:
            collector.set(UNTOUCHED)


async def test_every_metric_moves_and_is_declared(product: Product, box: Box) -> None:
    """What is shown is what the catalogue declares, with labels that it allows, and none of it is idle."""
    await _play(product, box)
    member = box.world.add_user("Zoe")
    box.world.subscribe(member, box.channel)
    box.world.join(member, box.group)

    async def idle() -> set[str]:
        return idle_metrics(await scraped(product)) - MOVED_ELSEWHERE.keys()

    async def busy() -> bool:
        # Memory that is shared through Redis is believed two seconds after the start.
        box.world.say(member, box.group, "Hello")
        return not await idle()

    try:
        await seconds_until(busy, HOUSE_KEPT_S)
    except TimeoutError:
        assert await idle() == set()
    assert undeclared(await scraped(product)) == []


async def _play(product: Product, box: Box) -> None:
    async def settled() -> None:
        await asyncio.gather(*(work.settled() for work in product.bots))

    screen = Screen(Console(file=io.StringIO()))
    assert await tell(box, screen, settled, patience_s=30)
    # A little beyond the story: strangers enough to make calls queue, and a limit of Telegram's.
    limit = Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="sendMessage", times=1, retry_after_s=1)
    box.simulator.faults.add(limit)
    for number in range(10):
        box.world.join(box.world.add_user(f"Stranger {number}"), box.group)


def idle_metrics(families: list[Metric]) -> set[str]:
    """Return the declared metrics none of whose series has moved."""
    moved = {name for (name, _), found in series(families).items() if found not in {0.0, UNTOUCHED}}
    zeros = {name for (name, _), found in series(families).items() if found == 0.0}
    # A gauge that was set to 0 tells the truth; one that nobody set is still untouched.
    alive = {Kind.HISTOGRAM: moved, Kind.COUNTER: moved, Kind.GAUGE: moved | zeros}
    suffix = {Kind.HISTOGRAM: "_count", Kind.COUNTER: "", Kind.GAUGE: ""}
    return {m.name for m in CATALOGUE if f"{m.name}{suffix[m.kind]}" not in alive[m.kind]}


def undeclared(families: list[Metric]) -> list[tuple[str, dict[str, str]]]:
    """Return the samples that the catalogue knows nothing of, or not with these labels."""
    declared = {metric.name.removesuffix("_total"): metric for metric in (*CATALOGUE, *PROCESS)}
    strangers = []
    for family in families:
        metric = declared.get(family.name)
        for sample in family.samples:
            labels = {name: found for name, found in sample.labels.items() if name != "le"}
            allowed = metric is not None and all(
                name in metric.labels
                and (metric.labels[name] is None or found in (metric.labels[name] or ()))
                for name, found in labels.items()
            )
            if not allowed or (metric is not None and labels.keys() != metric.labels.keys()):
                strangers.append((sample.name, dict(sample.labels)))
    return strangers


@pytest.mark.parametrize("metric", MOVED_ELSEWHERE)
def test_what_the_story_does_not_move_another_test_does(metric: str) -> None:
    """The list of exceptions names tests that exist, and metrics that do."""
    assert (Path(__file__).parents[3] / MOVED_ELSEWHERE[metric]).exists()
    assert metric in {declared.name for declared in CATALOGUE}
