"""Metrics that no story of one group in polling mode moves: here the real thing moves each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families as parse
from tests.e2e.gate.test_sweeps import ROUNDS, next_round, unseen
from tests.e2e.gate.test_wrongful_holds import hear_late, known_to_be_out
from tests.fixtures.stage import Stage, raised_stage

from gmbot.adapters.memory.recall import FactMemory
from gmbot.bootstrap.sharing import measured
from gmbot.bootstrap.vitals import Backlog
from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.gate.ages import DAY_S, Ages
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.prune import Pruner
from gmbot.simulator import Fault, FaultKind
from gmbot.telemetry.prometheus import Build, Metrics

MEMBERS = 20


def watched(stage: Stage) -> Metrics:
    """Return metrics that follow a stage."""
    metrics = Metrics(started_at=0.0, build=Build("1"))
    stage.listeners.append(metrics.listen)
    return metrics


def total(metrics: Metrics, name: str) -> float:
    """Return the sum of a counter over its labels."""
    families = parse(metrics.render()[0].decode())
    return sum(sample.value for family in families for sample in family.samples if sample.name == name)


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stage with a guarded group."""
    async with raised_stage() as raised:
        await raised.protect()
        yield raised


async def test_a_mass_flip_is_counted(stage: Stage) -> None:
    """Many subscribers are gone in one moment."""
    metrics = watched(stage)
    members = [stage.person(f"Member {number}", subscribed=True) for number in range(MEMBERS)]
    await stage.advance(120)
    for member in members:
        stage.world.kick(stage.channel, member, stage.owner)
    await stage.advance(30)
    assert total(metrics, "bot_mass_flips_total") == 1


async def test_a_wrongful_hold_is_counted(stage: Stage) -> None:
    """News of a subscription that came before the hold are heard after it."""
    metrics = watched(stage)
    person = await known_to_be_out(stage)
    lost = Fault(kind=FaultKind.DROP_UPDATE, update="chat_member", chat=stage.channel, times=1)
    stage.simulator.faults.add(lost)
    await stage.clock.advance(2)
    stage.world.subscribe(person, stage.channel)
    subscribed_at = int(stage.clock.now())
    await stage.clock.advance(3)
    stage.world.join(person, stage.group)
    await stage.advance(10)
    await hear_late(stage, person, subscribed_at)
    assert total(metrics, "bot_wrongful_holds_total") == 1


async def test_sweeps_and_their_questions_are_counted() -> None:
    """A round finds somebody of whom only the group told."""
    async with raised_stage(sweeps=ROUNDS) as stage:
        await stage.protect()
        await stage.advance(120)
        await unseen(stage, "Sam", None)
        metrics = watched(stage)
        await next_round(stage)
        assert total(metrics, "bot_sweeps_total") >= 1
        assert total(metrics, "bot_sweep_questions_total") >= 1


async def test_pruned_rows_are_counted(stage: Stage) -> None:
    """Ids of updates are kept for two days."""
    stage.person("Sam")
    await stage.advance(10)
    assert stage.work is not None
    metrics, store = watched(stage), stage.work.bot.store
    stage.clock.set(stage.clock.now() + 3 * DAY_S)
    now = stage.clock.now
    await Pruner(store, Ages(), stage.clock, metrics.listen, telegram_now=now).prune()
    assert total(metrics, "bot_pruned_rows_total") >= 1


async def test_a_failed_delivery_is_counted() -> None:
    """Telegram brings an update to a webhook that cannot store it."""
    async with raised_stage(webhook=True) as stage:
        await stage.protect()
        assert stage.work is not None
        metrics = watched(stage)
        backlog = Backlog([stage.work.client], metrics.listen, stage.clock)
        await backlog.look()
        stage.outage.down = True
        stage.person("Sam")
        await stage.clock.advance(5)
        await stage.rest()
        stage.outage.down = False
        await backlog.look()
        assert total(metrics, "bot_webhook_failures_total") == 1


def test_what_is_forgotten_to_make_room_is_counted() -> None:
    """A memory for ten facts hears of a thousand."""
    memory, metrics = FactMemory(capacity=10), Metrics(started_at=0.0, build=Build("1"))
    fact = Membership(Stamp(1, Source.EVENT, 1), MembershipState.IN)
    people = (LearntMembership(UserId(number), ChannelId(-100), fact) for number in range(1000))
    memory.learn(Changes(memberships=tuple(people)))
    metrics.listen(measured([memory]))
    assert total(metrics, "bot_memory_evictions_total") >= 900
