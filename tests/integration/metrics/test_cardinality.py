"""How much is shown depends on what GMBot can do, not on how many groups it does it in."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families as parse
from tests.fixtures.metrics import series
from tests.fixtures.stage import raised_stage

from gmbot.gate.events import Event
from gmbot.simulator import Fault, FaultKind
from gmbot.telemetry.prometheus import Build, Metrics

IDS = ("group_id", "user_id", "channel_id", "chat_id", "bot_id", "update_id")


@pytest_asyncio.fixture
async def day() -> list[Event]:
    """Return all that GMBot tells of a group's life, outages included."""
    async with raised_stage() as stage:
        await stage.protect()
        stranger = stage.person("Sam")
        await stage.rest()
        stage.world.subscribe(stranger, stage.channel)
        await stage.rest()
        down = stage.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
        stage.person("Ben")
        await stage.advance(10)
        stage.simulator.faults.remove(down)
        await stage.advance(60)
        await stage.unprotect()
        return list(stage.events)


def shown(day: list[Event], groups: int) -> set[object]:
    """Return the series after that many groups have lived through the same, each with its own people."""
    metrics = Metrics(started_at=0.0, build=Build("1"))
    for number in range(groups):
        for event in elsewhere(day, number):
            metrics.listen(event)
    return set(series(list(parse(metrics.render()[0].decode()))))


def elsewhere(day: list[Event], number: int) -> Iterable[Event]:
    """Yield the same events of other people in another group, with another bot."""
    for event in day:
        ids = {name: number * 1000 + 7 for name in IDS if name in event.__struct_fields__}
        yield msgspec.structs.replace(event, **ids)


async def test_a_thousand_groups_show_as_many_series_as_ten(day: list[Event]) -> None:
    """No id of anybody or anything is a label."""
    assert len({type(event) for event in day}) >= 8
    assert shown(day, 10) == shown(day, 1000)
