"""Who left a group may be back, and nobody told: rounds doubt their subscription as well."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.e2e.gate.dialogue import group_of, leap
from tests.fixtures.mishaps import lose_events
from tests.fixtures.stage import Stage, raised_stage

from gmbot.domain.group import PauseReason
from gmbot.gate.sweeps import SweepPlan

HOUR_S = 3_600
LONG_S = 25 * HOUR_S
ROUNDS = SweepPlan(rate_per_s=1e6, every_s=HOUR_S)
SLOW = SweepPlan(rate_per_s=0.1, every_s=HOUR_S)
"""Too slow for so many people to turn within a minute: only the round as a whole tells that they do."""


@pytest_asyncio.fixture
async def swept() -> AsyncIterator[Stage]:
    """Yield a guarded group that is swept every hour, as fast as can be."""
    async with raised_stage(sweeps=ROUNDS) as stage:
        await stage.protect()
        yield stage


async def leaver(stage: Stage, name: str) -> int:
    """Return a subscriber who was seen in the group, and seen to leave it."""
    person = stage.person(name, subscribed=True)
    stage.world.leave(person, stage.group)
    await stage.rest()
    return person


def hear_nothing_more(stage: Stage) -> None:
    """Lose whatever would tell of joining and leaving."""
    lose_events(stage, stage.channel)
    lose_events(stage, stage.group)


async def some_rounds(stage: Stage) -> None:
    """Let two days pass, with a round in each."""
    for _ in range(2):
        await leap(stage, LONG_S)
        await stage.advance(20)


async def test_who_came_back_unseen_and_left_the_channel_is_held(swept: Stage) -> None:
    """Even if they say nothing."""
    mia = await leaver(swept, "Mia")
    hear_nothing_more(swept)
    swept.world.join(mia, swept.group)
    swept.world.unsubscribe(mia, swept.channel)
    await some_rounds(swept)
    assert swept.muted(mia)


async def test_who_comments_from_outside_and_left_the_channel_is_held(swept: Stage) -> None:
    """In a channel's discussion group people write without being in it."""
    swept.world.link_discussion(swept.channel, swept.group)
    mia = await leaver(swept, "Mia")
    hear_nothing_more(swept)
    swept.world.unsubscribe(mia, swept.channel)
    await some_rounds(swept)
    swept.world.say(mia, swept.group, "Buy")
    await swept.rest()
    assert swept.muted(mia)


async def test_who_left_of_late_costs_no_question(swept: Stage) -> None:
    """It was told a moment ago."""
    mia = await leaver(swept, "Mia")
    await leap(swept, 5 * HOUR_S)
    await swept.advance(20)
    assert not swept.calls("getChatMember", user_id=mia, chat_id=swept.channel)


async def test_those_who_left_do_not_hide_a_mass_flip() -> None:
    """Only those whom it would mute count, however many others a slow round asks about."""
    async with raised_stage(sweeps=SLOW) as stage:
        await stage.protect()
        for number in range(40):
            await leaver(stage, f"Leaver {number}")
        members = [stage.person(f"Member {number}", subscribed=True) for number in range(15)]
        await stage.rest()
        hear_nothing_more(stage)
        for member in members:
            stage.world.unsubscribe(member, stage.channel)
        await leap(stage, LONG_S)
        await stage.advance(10 * (40 + 15))
        assert sum(stage.muted(member) for member in members) < 10
        group = group_of(stage)
        assert group is not None
        assert group.paused is PauseReason.MASS_FLIP
